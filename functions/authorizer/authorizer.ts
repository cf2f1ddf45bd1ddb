import type { ApiKeys } from '../../lib/access/api-keys.ts';
import { ANONYMOUS } from '../../lib/access/roles.ts';
import type { Principal } from '../../lib/access/roles.ts';

/**
 * The principal of a request's bearer key. An unknown key is not an error here: the functions have the route table
 * and refuse with a problem document, which API Gateway's own refusals cannot carry.
 */
export async function identify(
  headers: Record<string, string | undefined>,
  { keys }: { keys: ApiKeys },
): Promise<Principal> {
  const header = headers['authorization'] ?? headers['Authorization'] ?? '';
  const token = /^Bearer +(\S{1,512})$/i.exec(header)?.[1];
  return token === undefined ? ANONYMOUS : keys.identify(token);
}
