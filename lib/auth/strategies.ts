/** All auth strategies. A new one is its own file and a line here. */
import * as z from 'zod';
import { apiKey } from './api-key.ts';
import { awsSigV4 } from './aws-sigv4.ts';
import { basic } from './basic.ts';
import { bearer } from './bearer.ts';
import { chaojiying } from './chaojiying.ts';
import { digest } from './digest.ts';
import { none } from './none.ts';
import { oauth2 } from './oauth2.ts';
import { session } from './session.ts';
import { signature } from './signature.ts';
import { signedRequest } from './signed-request.ts';
import type { Strategy } from './strategy.ts';

export const STRATEGIES = [
  session,
  signature,
  chaojiying,
  apiKey,
  bearer,
  basic,
  digest,
  oauth2,
  awsSigV4,
  signedRequest,
  none,
] as const;

type SchemasOf<T extends readonly { schema: unknown }[]> = { [K in keyof T]: T[K]['schema'] };

/** `auth` of a definition: one strategy's own fields. */
export const Auth = z.discriminatedUnion(
  'type',
  STRATEGIES.map(({ schema }) => schema) as unknown as SchemasOf<typeof STRATEGIES>,
);
export type Auth = z.output<typeof Auth>;

/** A strategy whose fields are those of any. */
export type AnyStrategy = Strategy<z.ZodObject<{ type: z.ZodLiteral<string> }>>;

const BY_TYPE = new Map(
  (STRATEGIES as readonly unknown[] as readonly AnyStrategy[]).map((one) => [
    one.schema.shape.type.value,
    one,
  ]),
);

/** The strategy that a parsed definition names. */
export const strategyOf = ({ type }: Auth): AnyStrategy => BY_TYPE.get(type)!;

/** Addresses besides `baseUrl` that a service's strategy sends to, by field: `auth.tokenUrl`. */
export const authAddresses = (auth: Auth): [field: string, url: string][] =>
  Object.entries(strategyOf(auth).addresses?.(auth) ?? {}).map(([name, url]) => [`auth.${name}`, url]);

/** Is what this service is sent sealed? */
export const isSealed = (auth: Auth): boolean => strategyOf(auth).seals === true;

/**
 * What a service's credentials must hold to be stored. Credentials that templates name are not required here:
 * the definition may be about to change, and a call names what is missing.
 */
export const requiredCredentials = (auth: Auth): readonly string[] => strategyOf(auth).credentials ?? [];

/** Why a service that is authenticated so has one account; `undefined`: it may have several. */
export const oneAccountBecause = (auth: Auth): string | undefined => strategyOf(auth).oneAccount;

/** May credentials be tried by a call before they are in use? */
export const mayBeTried = (auth: Auth): boolean => strategyOf(auth).usesUp?.(auth) !== true;
