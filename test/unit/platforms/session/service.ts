import { asPlatform } from '../../../../lib/platforms/definition.ts';
import type { PlatformService } from '../../../../lib/platforms/definition.ts';
import { Definition } from '../../../../lib/registry/definition.ts';

interface Options {
  baseUrl?: string;
  account?: string;
  auth?: object;
}

/** A platform that describes no login, unless `auth` does. */
export function serviceOf({
  baseUrl = 'https://work.gov.example',
  account,
  auth,
}: Options = {}): PlatformService {
  const definition = Definition.parse({
    code: 'CRM',
    name: 'CRM',
    baseUrl,
    auth: { type: 'SESSION', ...auth },
  });
  const service = asPlatform({ definition, revision: 1, createdAt: '', updatedAt: '' })!;
  return account === undefined ? service : { ...service, account };
}

export const LOGIN = { submit: { path: '/login', fields: {} }, success: { status: 302 } };
