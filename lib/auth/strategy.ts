/**
 * What an auth strategy is: one file that says how a definition names it, which credentials it needs and what it
 * adds to a request. The pipeline knows no strategy by name. A new one is a file here and a line in `strategies.ts`.
 */
import type * as z from 'zod';
import type { CredentialStore } from '../access/credentials/credentials.ts';
import type { RefusalCounter } from '../access/credentials/refusals.ts';
import type { Answer } from '../definition/predicate/answer.ts';
import type { AccountService, BaseDefinition } from '../definition/service.ts';
import type { SessionOrigin, Sessions } from '../platforms/session/sessions.ts';
import type { Clock, Deadline } from '../runtime/clock.ts';
import type { Random } from '../runtime/random.ts';
import type { Tokens } from './tokens/tokens.ts';

/** What authenticates a call, or several tries of it, to the third party. */
export interface Authentication {
  /** Of several, whose it is: for templates that name credentials. Set by the pipeline. */
  account?: string;
  /** Lower-case names. */
  headers: Record<string, string>;
  /** For requests whose definition names none: a session belongs to the user agent that logged in. */
  userAgent?: string;
  query?: Record<string, string>;
  /** Fields of the body, beside the operation's own. */
  fields?: Record<string, string>;
  /** The `Cookie` header for an absolute URL; `undefined` when no cookie matches. */
  cookieHeader?: (url: string) => string | undefined;
  /** The same cookies, name and value, those of the longest path first: `{{cookie.x}}`. */
  cookies?: (url: string) => CookiePairs;
  /** What is stored with the session beside its cookies: `{{session.x}}`. */
  values?: Readonly<Record<string, unknown>>;
  /** How the session came about, for `x-gatehouse-session`. */
  origin?: SessionOrigin;
  /** The whole payload is sent sealed, and the answer may be sealed too. */
  sealing?: Sealing;
  /** The last step before a request is sent, at each try anew: signs it as a whole. */
  sign?: (request: WireRequest) => Promise<WireRequest> | WireRequest;
  /** Values that no caller may read, whatever answer they come back in; cookies are judged by their names. */
  secrets?: readonly string[];
  /** Notes what this answer says of the credentials. `true`: they are refused. Never rejects. */
  judge?: (answer: Answer) => Promise<boolean>;
  /** With the credentials that have replaced those that were refused. `undefined`: none have. Rejects as `authenticate`. */
  replaced?: () => Promise<Authentication | undefined>;
  /** Sees each answer before it is judged: it may bring what the next request is signed with. */
  observe?: (answer: Answer) => void;
  /** Does this answer say that the authentication has expired? Then the call is sent again, once, after `renew`. */
  isExpired?: (answer: Answer) => boolean;
  /** It says nothing of the credentials, whatever `refused` matches. */
  isInconclusive?: (answer: Answer) => boolean;
  /** Keeps values that an answer has renewed with the session. Rejects as `renew`. */
  learn?: (values: Record<string, unknown>) => Promise<Authentication>;
  /** Where this answer brings new values, with these: the call is sent once more. `undefined`: it does not. */
  refreshOn?: (answer: Answer) => Promise<Authentication | undefined>;
  /** `undefined`: renewing has not helped lately, and the answer stands. Rejects as `authenticate` does. */
  renew?: (options: { deadline: Deadline }) => Promise<Authentication | undefined>;
  /** The answer after a renewal says expired again: renewing does not help this operation. Never rejects. */
  renewedInVain?: () => Promise<void>;
  /** The answer set cookies. Never rejects. */
  keepCookies?: (url: string, setCookies: string[]) => Promise<void>;
}

export type CookiePairs = readonly (readonly [name: string, value: string])[];

/** A request as it goes out. Header names are lower-case. */
export interface WireRequest {
  method: string;
  /** Absolute. */
  url: string;
  headers: Record<string, string>;
  body?: Buffer;
  /** Not sent as such: what the body was written from, where it is ours to write. */
  fields?: BodyFields;
  /** Not sent as such: credentials that templates put into the above. */
  secrets?: readonly string[];
}

/** The fields of a body. A strategy that adds to them writes it anew. */
export interface BodyFields {
  values: Record<string, unknown>;
  format: 'json' | 'form' | 'multipart';
  write: (values: Record<string, unknown>) => Promise<{ bytes: Buffer; contentType: string }>;
}

/** What a strategy that seals does to a request's payload and to the answer. */
export interface Sealing {
  /** Each try is sealed anew: two tries of one call are two envelopes. */
  seal(plaintext: string): SealedRequest;
  /**
   * The unsealed answer; one that is not sealed is returned as it is.
   * @throws GatewayError `PLATFORM_API_ERROR` when its envelope is invalid.
   */
  open(answer: Answer): Promise<Answer>;
}

export interface SealedRequest {
  body: Buffer;
  contentType: string;
  /** The envelope again, for partners that read it from the headers. */
  headers: Record<string, string>;
}

export interface AuthenticateOptions {
  deadline: Deadline;
  /** What is called, as failures of it are remembered: the operation's name, or the pattern of the raw path. */
  operation: string;
  /** What the guard's round trip has read under `Candidate.stateKey`; `undefined`: it did not read. */
  storedState?: string | null | undefined;
}

export interface StrategyDeps {
  credentials: CredentialStore;
  sessions: Sessions;
  refusals: RefusalCounter;
  tokens: Tokens;
  clock: Clock;
  random: Random;
}

/** A service as its strategy sees it: the base of the definition, and the strategy's own part. */
export type AuthenticatedService<A> = AccountService<
  BaseDefinition & { auth: A; webhook?: { windowSeconds: number } | undefined }
>;

export interface Strategy<Schema extends z.ZodObject<{ type: z.ZodLiteral<string> }>> {
  /** `auth` of a definition, `type` included. */
  schema: Schema;
  /** Credentials that are required when credentials are stored, whatever the templates name. */
  credentials?: readonly string[];
  /** It sends no credentials. */
  anonymous?: true;
  /** Why a service with it cannot have several accounts. */
  oneAccount?: string;
  /** A call with them changes what they are worth: they are not tried before they are in use. */
  usesUp?(auth: z.output<Schema>): boolean;
  /**
   * It seals what it sends. Whoever chooses the plaintext freely could have any order sealed: no raw proxy, and
   * operations that take only the params they name.
   */
  seals?: true;
  /**
   * @throws GatewayError `CONFIGURATION_ERROR` when a credential is missing, and whatever getting a session may
   *   reject with (`Sessions`).
   */
  authenticate(
    service: AuthenticatedService<z.output<Schema>>,
    options: AuthenticateOptions,
    deps: StrategyDeps,
  ): Promise<Authentication>;
  /** What `sign` signs, for a person. Only where signing a request changes nothing and asks nobody. */
  signs?(auth: z.output<Schema>): string;
  /** Redis key that shows in the guard's round trip whether a newer session exists. */
  generationKey?(definition: AuthenticatedService<z.output<Schema>>['definition'], account?: string): string;
  /** The keys beside it that show whether the session of an account can serve, for `SESSION_FITNESS_LUA`. */
  fitnessKeys?(definition: AuthenticatedService<z.output<Schema>>['definition'], account: string): string[];
  /** Charset of the service's pages that do not name one. */
  charset?(auth: z.output<Schema>): string | undefined;
  /** Addresses that it sends to, by field: what must hold of `baseUrl` must hold of them. */
  addresses?(auth: z.output<Schema>): Record<string, string>;
}

/** Types a strategy by its own schema. */
export const strategy = <Schema extends z.ZodObject<{ type: z.ZodLiteral<string> }>>(
  one: Strategy<Schema>,
): Strategy<Schema> => one;
