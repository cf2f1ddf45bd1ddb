import { markOf } from '../access/credentials/credentials.ts';
import type { Credentials } from '../access/credentials/credentials.ts';
import { RequestSecrets } from '../access/credentials/values.ts';
import { renderText } from '../definition/template/render.ts';
import type { Escape } from '../definition/template/render.ts';
import type { AuthenticatedService, StrategyDeps } from './strategy.ts';

export interface CredentialTemplates {
  /** @see markOf */
  mark: string;
  values: Credentials;
  /** What nobody may read: of these, and of what templates make of them, once they are rendered. */
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
  const derived = new RequestSecrets(values);
  return {
    mark: markOf(current),
    values,
    secrets: derived.texts,
    render: (template, escape) => renderText(template, { credentials: values, derived }, escape),
  };
}
