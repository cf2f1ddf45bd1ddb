import type { Random } from '../../runtime/random.ts';
import type { Root } from './names.ts';

/** What `{{...}}` can name. Absent parts make their placeholders missing. */
export interface TemplateScope {
  params?: Record<string, unknown>;
  settings?: Record<string, unknown>;
  credentials?: Record<string, string>;
  cookie?: Record<string, string>;
  captcha?: { text: string };
  /** What extractors took out of the login page. */
  page?: Record<string, unknown>;
  /** What is stored with the session. */
  session?: Record<string, unknown>;
  /** What the requests just before took out of their answers. */
  before?: Record<string, unknown>;
  /** What a person has answered in the middle of a login. */
  ask?: Record<string, string>;
  now?: Moment;
  random?: RandomValues;
  request?: RequestParts;
  /** Headers of a partner's request. Lower-case names. */
  header?: Record<string, string>;
  /** What an answer to a partner is about. */
  data?: Record<string, unknown>;
  error?: { code: string; message: string };
  signature?: string;
  /** Told of what filters make of values, and of which: it is as secret as these are. */
  derived?: Derived;
}

export interface Derived {
  /** @param sources what it is made of, arguments of filters too. */
  add(text: string, sources: readonly Source[]): void;
}

/** A value as a template names it. */
export interface Source {
  root: Root;
  /** Without the root: `password`. */
  name: string;
  value: unknown;
}

/** One time for all templates of a request. */
export interface Moment {
  /** Milliseconds since the epoch. */
  ms: number;
  s: number;
  /** ISO 8601, UTC. */
  iso: string;
}

export const momentOf = (ms: number): Moment => ({
  ms,
  s: Math.floor(ms / 1_000),
  iso: new Date(ms).toISOString(),
});

/** The same in all templates of a request: a nonce in a header is that in the signed message. */
export interface RandomValues {
  uuid: string;
  hex32: string;
}

export const randomValues = (random: Pick<Random, 'bytes' | 'uuid'>): RandomValues => ({
  uuid: random.uuid(),
  hex32: random.bytes(16).toString('hex'),
});

/** The request that is being signed, or whose signature is verified. */
export interface RequestParts {
  method: string;
  path: string;
  /** Without `?`. */
  query: string;
  body: string;
  /** `k=v&...` of query and fields, by name, unencoded, without empty ones. */
  sortedParams: string;
  /** When a partner says that it was sent, as it came. */
  timestamp?: string | undefined;
}
