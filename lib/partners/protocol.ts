/**
 * What a partner's protocol is: how a request is verified and, unless definitions say that, what it asks for and how it is
 * answered. `receive` names no protocol. A new one is a folder beside `urs/` and a line in `protocols.ts`.
 */
import type * as z from 'zod';
import type { CredentialVersion } from '../access/credentials/credentials.ts';
import type { Units } from '../ledger/decimal.ts';
import type { Money, Transfer } from '../ledger/ledger.ts';
import type { ExactJson, ExactObject } from '../text/json/exact.ts';
import type { Replies } from './reply.ts';

/** A webhook request as a protocol sees it. */
export interface PartnerRequest {
  /** The last segment of its path; '' where it has none. */
  action: string;
  /** Where it was sent, for those who sign that: the whole path, decoded, and the query without "?". */
  target?: { path: string; query: string };
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
  /** Of the definition: templates name them. */
  settings?: Record<string, unknown>;
}

/** A verified request. */
export interface Verification {
  /** Which version of the credentials it was made with: uses are counted by it. */
  keyVersionId: string;
  /** When it was sent, as far as that was verified too; seconds since the epoch. */
  sentAt?: number;
}

/** A verified payload. */
export interface Verified extends Verification {
  payload: ExactJson;
}

/** A verified request of a protocol that has no actions: the definition says what it asks for. */
export interface VerifiedRequest extends Verification {
  /** What its signature covers, where that is not the whole body. Absent: the body, read by its type. */
  payload?: ExactJson;
  /** The partner's own id of it, or else a digest of what is signed: the same when the same is sent again. */
  id: string;
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

/** What is handed on to the business as it came. */
export interface Forwarded {
  action: string;
  /** The same when the partner sends the same again: then it is told once. `undefined`: it lacks what the definition names. */
  id: string | undefined;
  payload: ExactJson;
}

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
  | { do: 'forward'; event: Forwarded }
  | { do: 'ignore' }
);

export type ProtocolSchema = z.ZodObject<{ type: z.ZodLiteral<string> }>;

/** How a protocol lets a request in: all that a protocol is whose actions a definition describes (`webhook.actions`). */
export interface Verifier<Schema extends ProtocolSchema, Message, Result = VerifiedRequest> {
  /** `webhook.protocol` of a definition, `type` included. */
  schema: Schema;
  /** Names that the service's credentials must hold. */
  credentials: readonly string[];
  /** Others, which the definition names. */
  namedCredentials?(config: z.output<Schema>): readonly string[];
  /** What is wrong with one of them, as the rest of a sentence; `undefined`: nothing. */
  credentialProblem?(name: string, value: string): string | undefined;
  /**
   * Reads a request and checks its shape, without keys or stores. Comes before the rate limit.
   * @throws `RequestRejected`; `WebhookRefused` for what needs no verification (an unknown action, a wrong content type).
   */
  read(request: PartnerRequest, config: z.output<Schema>): Message;
  /** @throws `RequestRejected`, with cause `SIGNATURE` when it was made with none of the keys. */
  verify(message: Message, proof: VerificationContext, config: z.output<Schema>): Result;
}

/** A protocol with actions of its own. */
export interface Protocol<Schema extends ProtocolSchema, Message> extends Verifier<
  Schema,
  Message,
  Verified
> {
  /** @throws `WebhookRefused` for an invalid payload. */
  event(verified: Verified, request: PartnerRequest, config: z.output<Schema>): PartnerEvent;
  actions: Readonly<Record<string, Action>>;
  reply: Replies;
}

/** A protocol whose fields are those of any. */
export type AnyProtocol = Verifier<ProtocolSchema, unknown> | Protocol<ProtocolSchema, unknown>;

export const hasActions = (one: object): one is Protocol<ProtocolSchema, unknown> => 'actions' in one;

/** Types a protocol by its own schema and message. */
export const protocol = <Schema extends ProtocolSchema, Message>(
  one: Protocol<Schema, Message>,
): Protocol<Schema, Message> => one;

/** The same for one whose actions a definition describes. */
export const verifier = <Schema extends ProtocolSchema, Message>(
  one: Verifier<Schema, Message>,
): Verifier<Schema, Message> => one;
