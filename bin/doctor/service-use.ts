/** What the use of a service shows: each a look at what the API says of it. Nothing is asked of the third party. */
import type { Answer } from '../route-types.ts';
import { NOTHING, fail, warn } from './check.ts';
import type { Finding } from './check.ts';

type Service = Answer<'getService'>;
type Call = Answer<'listCalls'>['items'][number];
type Version = Answer<'getCredentials'>['items'][number];
type Unverified = Answer<'listUnverifiedRequests'>['items'][number];

/** So many calls that are all answered 404 are no accident. */
const ENOUGH_CALLS = 3;
/** Two versions are for the time of a change, milliseconds. */
const OVERLAP_MS = 7 * 86_400_000;

/** Is the address right, and does anybody answer there? @param calls the newest */
export function baseUrlOf({ code, baseUrl }: Service, calls: readonly Call[]): Finding[] {
  if (calls.length === 0) return NOTHING;
  const last = calls.length === 1 ? 'its only call' : `its last ${calls.length} calls`;
  if (calls.every((call) => call.code === 'PLATFORM_UNAVAILABLE' && call.upstreamStatus === undefined)) {
    const [{ cause = 'no answer' } = {}] = calls;
    return fail(
      `${last} got no answer from ${baseUrl} (${cause}): is baseUrl right, and may this network reach it?`,
    );
  }
  if (calls.length >= ENOUGH_CALLS && calls.every(({ upstreamStatus }) => upstreamStatus === 404)) {
    return warn(
      `${last} were answered 404: is the path of baseUrl right (${baseUrl})? gatehouse call ${code} OPERATION --explain`,
    );
  }
  if (calls.every((call) => call.code === 'CONFIGURATION_ERROR')) {
    const [{ requestId } = { requestId: '' }] = calls;
    return fail(`${last} could not be made as it is configured: gatehouse calls show ${requestId}`);
  }
  return NOTHING;
}

export function breakerOf(code: string, { state, until, forced }: Answer<'getBreaker'>): Finding[] {
  if (forced !== 'auto')
    return warn(`its breaker is held ${forced} by hand: gatehouse breaker force ${code} auto`);
  if (state === 'closed') return NOTHING;
  const now = until === null ? 'the next call is let through to see' : `calls are refused until ${until}`;
  return warn(`its breaker is ${state}, ${now}: gatehouse calls list --service ${code}`);
}

/** Endpoints that the last rounds have found down; the alert about them comes later, or has not reached anybody. */
export function healthOf(code: string, { endpoints }: Answer<'getServiceHealth'>): Finding[] {
  const down = Object.entries(endpoints).filter(([, { state }]) => state === 'down');
  if (down.length === 0) return NOTHING;
  const each = down.map(
    ([name, { failures, at, error = 'no answer' }]) =>
      `${name} (${error}; ${failures} rounds in a row, the last at ${at})`,
  );
  return fail(
    `down: ${each.join(', ')}. Is it up again? gatehouse health check ${code}; else ask whoever runs it, or mend healthCheck.endpoints`,
  );
}

export function quotasOf(code: string, { items }: Answer<'getQuotas'>): Finding[] {
  return items
    .filter(({ limit, remaining }) => remaining === 0 && limit > 0)
    .flatMap(({ type, limit, resetsAt, account }) =>
      warn(
        `${account === undefined ? '' : `${account}: `}the limit of ${limit} ${type} is used up until ${resetsAt}: gatehouse quota set ${code} ${type}=N, or gatehouse quota reset ${code}`,
      ),
    );
}

export function overlapOf(code: string, versions: readonly Version[], now: number): Finding[] {
  const current = versions.find(({ stage }) => stage === 'CURRENT');
  const isOld = current !== undefined && now - Date.parse(current.createdAt) > OVERLAP_MS;
  if (versions.length < 2 || !isOld) return NOTHING;
  return warn(
    `its previous credentials are still valid, a week after the change: gatehouse credentials retire ${code}`,
  );
}

/** Wrong keys and clocks show at the webhook. @param counts of the last day */
export function webhookOf({ code }: Service, counts: readonly Unverified[]): Finding[] {
  const sum = (cause: string) =>
    counts
      .filter((count) => count.service === code && count.cause === cause)
      .reduce((total, { count }) => total + count, 0);
  const [unsigned, expired] = [sum('SIGNATURE'), sum('EXPIRED')];
  const look = `gatehouse deliveries unverified --service ${code} --hours 24`;
  return [
    ...(unsigned === 0
      ? NOTHING
      : warn(
          `${unsigned} webhook requests of the last day were not signed with a key that is stored here: has the partner changed its key? ${look}`,
        )),
    ...(expired === 0
      ? NOTHING
      : warn(
          `${expired} webhook requests of the last day bore a time too far from ours: is the partner's clock right, and this one's? ${look}`,
        )),
  ];
}

/** What a definition leaves open that will be missed one day. */
export function definitionOf({ code, status, auth, operations }: Service, isLocal: boolean): Finding[] {
  const hasKeepalive = Object.hasOwn(operations, 'keepalive');
  return [
    ...(auth.type === 'SESSION' && !hasKeepalive
      ? warn(
          `it has no operation keepalive: a session that idles ends, and the next caller waits for a login`,
        )
      : NOTHING),
    ...(status === 'TESTING' && !isLocal
      ? warn(`its status is TESTING: callers and webhook senders are told why something failed`)
      : NOTHING),
    ...(status === 'MAINTENANCE' || status === 'INACTIVE'
      ? warn(`its status is ${status}: calls and webhooks are refused; gatehouse apply with another status`)
      : NOTHING),
    ...(status === 'DEPRECATED'
      ? warn(`its status is DEPRECATED, and ${code} is still in the registry`)
      : NOTHING),
  ];
}
