/**
 * What a partner's protocol is: how a request is verified, what it asks for, how it is answered. `receive` names no
 * protocol. A new one is a folder beside `urs/` and a line in `protocols.ts`.
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

/** What a request is verified with. */
export interface VerificationContext {
  /** The service's code, for messages. */
  code: string;
  /** Credentials that are valid now, the current ones first. */
  versions: readonly CredentialVersion[];
  nowSeconds: number;
  /** How far a timestamp may be from now, either way, the edge included. */
  windowSeconds: number;
}

/** A verified payload. */
export interface Verified {
  payload: ExactJson;
  /** Which version of the credentials it was made with: uses are counted by it. */
  keyVersionId: string;
  /** When it was sent, as far as that was verified too; seconds since the epoch. */
  sentAt?: number;
}

export interface PartnerEvent {
  /** One of the protocol's `actions`, or an unknown word. */
  action: string;
  payload: ExactObject;
  /** By which the delivery can be found, whatever its outcome. */
  transactionId?: string;
}

/** What a payload asks for, independent of the protocol. */
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
/** A registration, and when it was sent. */
export interface StatedRegistration extends Registration {
  /** Seconds since the epoch, by the partner's clock. */
  statedAt: number | undefined;
}

/** Answer to a check. */
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

/** A protocol's names for the fields of an order, where they differ. */
export type FieldNames = Readonly<Partial<Record<'userId' | 'amount' | 'transactionId', string>>>;

/**
 * An action of a protocol: what it does, how its input is read from the payload, and JSON text for the answer.
 * `input` throws `WebhookRefused` naming a field.
 */
export type Action = { names?: FieldNames } & (
  | {
      do: 'deposit' | 'withdraw';
      input: (payload: ExactObject) => Movement;
      data: (movement: Movement, transfer: Transfer) => string;
    }
  | { do: 'check'; input: (payload: ExactObject) => Order; data: (checked: Checked) => string }
  | {
      do: 'register';
      input: (payload: ExactObject) => Registration;
      data: (registered: Registered) => string;
    }
);

export type ProtocolSchema = z.ZodObject<{ type: z.ZodLiteral<string> }>;

export interface Protocol<Schema extends ProtocolSchema, Message> {
  /** `webhook.protocol` of a definition, `type` included. */
  schema: Schema;
  /** Names that the service's credentials must hold. */
  credentials: readonly string[];
  /**
   * Reads a request and checks its shape, without keys or stores. Comes before the rate limit.
   * @throws `RequestRejected`; `WebhookRefused` for what needs no verification (an unknown action, a wrong content type).
   */
  read(request: PartnerRequest, config: z.output<Schema>): Message;
  /** @throws `RequestRejected`, with cause `SIGNATURE` when it was made with none of the keys. */
  verify(message: Message, proof: VerificationContext, config: z.output<Schema>): Verified;
  /** @throws `WebhookRefused` for an invalid payload. */
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
