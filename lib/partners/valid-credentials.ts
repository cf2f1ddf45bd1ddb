import type { CredentialStore, CredentialVersion } from '../access/credentials/credentials.ts';
import type { Clock } from '../runtime/clock.ts';
import { RequestRejected, SIGNATURE } from './rejected.ts';

export interface ValidCredentialsDeps {
  credentials: Pick<CredentialStore, 'valid' | 'forget'>;
  clock: Clock;
}

const reloadedAt = new WeakMap<ValidCredentialsDeps['credentials'], Map<string, number>>();

/**
 * Calls `use` with the credentials that are valid now. When none of them fits (`RequestRejected` with `SIGNATURE`),
 * they are read again and tried once more: they may have been rotated since this process read them.
 * @param reloadEveryMs forged requests must not cause a read each time: at most this often per service. 0: always.
 */
export async function withValidCredentials<T>(
  code: string,
  { credentials, clock }: ValidCredentialsDeps,
  use: (versions: CredentialVersion[]) => T,
  reloadEveryMs = 0,
): Promise<T> {
  try {
    return use(await credentials.valid(code));
  } catch (error) {
    if (!(error instanceof RequestRejected) || error.cause !== SIGNATURE) throw error;
    if (!mayReload(code, credentials, clock.now(), reloadEveryMs)) throw error;
    credentials.forget(code);
    return use(await credentials.valid(code));
  }
}

function mayReload(
  code: string,
  credentials: ValidCredentialsDeps['credentials'],
  now: number,
  everyMs: number,
): boolean {
  if (everyMs === 0) return true;
  const times = reloadedAt.get(credentials) ?? new Map<string, number>();
  reloadedAt.set(credentials, times);
  if (now - (times.get(code) ?? 0) < everyMs) return false;
  times.set(code, now);
  return true;
}
