import type { KeyObject } from 'node:crypto';
import { markOf, ONE_ACCOUNT } from './credentials.ts';
import type { AccountList, Credentials, CredentialVersion } from './credentials.ts';
import { accountMark, secretValues } from './values.ts';
import type { CredentialsDocument } from './values.ts';

/** One version of a service's credentials, by account; the only one has no name. */
export type AccountVersions = ReadonlyMap<string | undefined, CredentialVersion>;

/** @param markKey asked for where there are several accounts. */
export async function versionsOf(
  code: string,
  versionId: string,
  document: CredentialsDocument,
  markKey: () => Promise<KeyObject>,
): Promise<AccountVersions> {
  const only = document.get(undefined);
  if (only) return new Map([[undefined, { versionId, values: only }]]);
  const key = await markKey();
  const entries = [...document] as [name: string, values: Credentials][];
  return new Map(
    entries.map(([name, values]) => [
      name,
      {
        versionId,
        values,
        mark: accountMark(key, code, name, values),
        otherSecrets: entries.flatMap(([other, theirs]) => (other === name ? [] : secretValues(theirs))),
      },
    ]),
  );
}

export function listOf(versions: AccountVersions): AccountList {
  if (versions.size === 0 || versions.has(undefined)) return ONE_ACCOUNT;
  const list = [...versions].map(([name, version]) => ({ name: name!, mark: markOf(version) }));
  return { list, secrets: [...versions.values()].flatMap(({ values }) => secretValues(values)) };
}
