import type { CredentialStore, CredentialVersion } from '../access/credentials/credentials.ts';
import type { Clock } from '../runtime/clock.ts';
import { RequestRejected, SIGNATURE } from './rejected.ts';

export interface ValidCredentialsDeps {
  credentials: Pick<CredentialStore, 'valid' | 'forget'>;
  clock: Clock;
}

const readAgainAt = new WeakMap<ValidCredentialsDeps['credentials'], Map<string, number>>();

/**
 * What `use` makes of the credentials that are valid now. When none of them fits (`RequestRejected` with `SIGNATURE`),
 * they are read again and tried once more: somebody may have rotated since this process looked.
 * @param againEveryMs forged requests must not make us read each time: at most this often for a service. 0: always.
 */
export async function withValidCredentials<T>(
  code: string,
  { credentials, clock }: ValidCredentialsDeps,
  use: (versions: CredentialVersion[]) => T,
  againEveryMs = 0,
): Promise<T> {
  try {
    return use(await credentials.valid(code));
  } catch (error) {
    if (!(error instanceof RequestRejected) || error.cause !== SIGNATURE) throw error;
    if (!mayReadAgain(code, credentials, clock.now(), againEveryMs)) throw error;
    credentials.forget(code);
    return use(await credentials.valid(code));
  }
}

function mayReadAgain(
  code: string,
  credentials: ValidCredentialsDeps['credentials'],
  now: number,
  everyMs: number,
): boolean {
  if (everyMs === 0) return true;
  const times = readAgainAt.get(credentials) ?? new Map<string, number>();
  readAgainAt.set(credentials, times);
  if (now - (times.get(code) ?? 0) < everyMs) return false;
  times.set(code, now);
  return true;
}
