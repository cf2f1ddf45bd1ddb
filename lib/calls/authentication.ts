import { createHash } from 'node:crypto';
import type { CredentialStore, Credentials } from '../access/credentials/credentials.ts';
import { GatewayError } from '../runtime/errors.ts';
import type { RegisteredService } from '../registry/definition.ts';
import type { Clock, Deadline } from '../runtime/clock.ts';
import type { Random } from '../runtime/random.ts';
import type { AcquiredSession, LiveSession, SessionOrigin, Sessions } from '../platforms/session/sessions.ts';
import { renderText } from '../definition/template/render.ts';
import { createSealing } from '../partners/urs/sealing.ts';
import type { Sealing } from '../partners/urs/sealing.ts';

/** What a strategy adds to a request: pipeline step 4. */
export interface Authentication {
  headers: Record<string, string>;
  query?: Record<string, string>;
  /** Form fields (Chaojiying's account travels in the body). */
  fields?: Record<string, string>;
  session?: LiveSession;
  origin?: SessionOrigin;
  /** What would be the body goes sealed, and the answer may come so. */
  sealing?: Sealing;
  /** Values that appear in no header of ours and that a third party may echo all the same. */
  secrets?: string[];
}

export interface AuthenticationDeps {
  sessions: Sessions;
  credentials: CredentialStore;
  clock: Clock;
  random: Random;
}

export interface AuthenticateOptions {
  deadline: Deadline;
  storedGeneration?: string | null | undefined;
}

export async function authenticate(
  service: RegisteredService,
  options: AuthenticateOptions,
  deps: AuthenticationDeps,
): Promise<Authentication> {
  const { sessions, credentials } = deps;
  const { auth, code } = service.definition;
  if (auth.type === 'NONE') return { headers: {} };
  if (auth.type === 'SESSION') return ofSession(await sessions.acquire(service, options));
  const { values, versionId } = await credentials.current(code);
  const secrets = Object.values(values);
  if (auth.type === 'SIGNATURE') return { headers: {}, secrets, sealing: await createSealing(service, deps) };
  credentials.used(code, versionId);
  const render = (template: string, escape: 'header' | 'none' = 'header') =>
    renderText(template, { credentials: values }, escape);
  if (auth.type === 'BEARER') return { headers: { authorization: `Bearer ${render(auth.token)}` } };
  if (auth.type === 'BASIC') {
    // Base64 carries any character: RFC 7617 says UTF-8.
    const pair = `${render(auth.username, 'none')}:${render(auth.password, 'none')}`;
    return { headers: { authorization: `Basic ${Buffer.from(pair).toString('base64')}` } };
  }
  if (auth.type === 'CHAOJIYING') return { headers: {}, secrets, fields: chaojiyingAccount(code, values) };
  const value = render(auth.value);
  return auth.in === 'query'
    ? { headers: {}, query: { [auth.name]: value } }
    : { headers: { [auth.name.toLowerCase()]: value } };
}

/** The platform refused the session of `dead`: a newer one, or a login. */
export async function renewAuthentication(
  service: RegisteredService,
  dead: LiveSession,
  options: { deadline: Deadline },
  { sessions }: AuthenticationDeps,
): Promise<Authentication> {
  return ofSession(await sessions.renew(service, dead, options));
}

function ofSession({ session, origin }: AcquiredSession): Authentication {
  return { headers: session.headers, session, origin };
}

function chaojiyingAccount(code: string, values: Credentials): Record<string, string> {
  const { username, password, softwareId } = values;
  const missing = Object.entries({ username, password, softwareId }).find(([, value]) => !value)?.[0];
  if (missing)
    throw new GatewayError('CONFIGURATION_ERROR', `${code}: {{credentials.${missing}}} is missing.`);
  return {
    user: username!,
    pass2: createHash('md5').update(password!).digest('hex'),
    softid: softwareId!,
  };
}
