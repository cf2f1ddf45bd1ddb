import { markOf } from '../access/credentials/credentials.ts';
import type { Credentials } from '../access/credentials/credentials.ts';
import { secretValues } from '../access/credentials/values.ts';
import { renderText } from '../definition/template/render.ts';
import type { Escape } from '../definition/template/render.ts';
import type { AuthenticatedService, StrategyDeps } from './strategy.ts';

export interface CredentialTemplates {
  /** @see markOf */
  mark: string;
  values: Credentials;
  /** Of these, what nobody may read. */
  secrets: string[];
  /** @throws GatewayError `CONFIGURATION_ERROR` naming a credential that is not set. */
  render: (template: string, escape: Escape) => string;
}

/** The current credentials of the account that is used, counted as used, for the templates of a strategy. */
export async function credentialTemplates(
  { definition, account }: AuthenticatedService<unknown>,
  { credentials }: Pick<StrategyDeps, 'credentials'>,
): Promise<CredentialTemplates> {
  const current = await credentials.current(definition.code, account);
  const { values, versionId } = current;
  credentials.used(definition.code, versionId);
  return {
    mark: markOf(current),
    values,
    secrets: secretValues(values),
    render: (template, escape) => renderText(template, { credentials: values }, escape),
  };
}
