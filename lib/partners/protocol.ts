/**
 * What a partner's protocol is: how a request is proven to be theirs, what it asks for, how it is answered. `receive`
 * knows none by name. A new one is a folder beside `urs/` and a line in `protocols.ts`.
 */
import type * as z from 'zod';
import type { CredentialVersion } from '../access/credentials/credentials.ts';
import type { Units } from '../ledger/decimal.ts';
import type { Money, Transfer } from '../ledger/ledger.ts';
import type { ExactJson, ExactObject } from '../text/json/exact.ts';
import type { Replies } from './reply.ts';

/** A webhook request as a protocol sees it. */
export interface PartnerRequest {
  /** The last segment of its path. */
  action: string;
  /** Lower-case names. */
  headers: Record<string, string>;
  /** At most 256 KB. */
  body: Buffer;
}

/** What a request is held against. */
export interface Proof {
  /** The service's code, for messages. */
  code: string;
  /** Credentials that are valid now, the current ones first. */
  versions: readonly CredentialVersion[];
  nowSeconds: number;
  /** How far a timestamp may be from now, either way, the edge included. */
  windowSeconds: number;
}

/** What a partner said, and that it was them. */
export interface Verified {
  payload: ExactJson;
  /** Which version of the credentials it was made with: uses are counted by it. */
  keyVersionId: string;
}

export interface PartnerEvent {
  /** One of the protocol's `actions`, or a word that it does not know. */
  action: string;
  payload: ExactObject;
  /** Under which the delivery is found again, whatever becomes of it. */
  transactionId?: string;
}

/** What a payload asks for, in words of no protocol. */
export interface Order {
  /** Digits. */
  userId: string;
  /** In the partner's currency. */
  asked: Money;
}
export interface Movement extends Order {
  transactionId: string;
}
/** As the partner wrote it: `Registrar` has the rules for ids and superiors. */
export interface Registration {
  uid: unknown;
  superiors: unknown;
}

/** What became of it. */
export interface Checked {
  allowed: boolean;
  /** In the book's currency, as all of these. */
  balance: Units;
  principal: Units;
  fee: Units;
  total: Units;
}
export interface Registered {
  uid: number;
  superiors: number[];
  created: boolean;
}

/** What a protocol calls the fields of an order, where that is not what we do. */
export type FieldNames = Readonly<Partial<Record<'userId' | 'amount' | 'transactionId', string>>>;

/**
 * An action of a protocol: which of ours it is, what of its payload that takes, and JSON text for the answer.
 * `input` throws `WebhookRefused` naming a field.
 */
export type Action = { names?: FieldNames } & (
  | {
      do: 'deposit' | 'withdraw';
      input(payload: ExactObject): Movement;
      data(movement: Movement, transfer: Transfer): string;
    }
  | { do: 'check'; input(payload: ExactObject): Order; data(checked: Checked): string }
  | { do: 'register'; input(payload: ExactObject): Registration; data(registered: Registered): string }
);

export type ProtocolSchema = z.ZodObject<{ type: z.ZodLiteral<string> }>;

export interface Protocol<Schema extends ProtocolSchema, Message> {
  /** `webhook.protocol` of a definition, `type` included. */
  schema: Schema;
  /** Names that the service's credentials must hold. */
  credentials: readonly string[];
  /**
   * The parts of a request, their shape looked at once: what costs no key and no store. Comes before the rate limit.
   * @throws `RequestRejected`; `WebhookRefused` for what needs no proof (an unknown action, a wrong content type).
   */
  read(request: PartnerRequest, config: z.output<Schema>): Message;
  /** @throws `RequestRejected`, with cause `SIGNATURE` where none of the keys made it. */
  verify(message: Message, proof: Proof, config: z.output<Schema>): Verified;
  /** @throws `WebhookRefused` for a payload that asks for nothing. */
  event(verified: Verified, request: PartnerRequest, config: z.output<Schema>): PartnerEvent;
  actions: Readonly<Record<string, Action>>;
  reply: Replies;
}

/** A protocol whose fields are those of any. */
export type AnyProtocol = Protocol<ProtocolSchema, unknown>;

/** Types a protocol by its own schema and message. */
export const protocol = <Schema extends ProtocolSchema, Message>(
  one: Protocol<Schema, Message>,
): Protocol<Schema, Message> => one;
