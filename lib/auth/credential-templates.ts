import type { Credentials } from '../access/credentials/credentials.ts';
import { RequestSecrets } from '../access/credentials/values.ts';
import { renderText } from '../definition/template/render.ts';
import type { Escape } from '../definition/template/render.ts';
import type { AuthenticatedService, StrategyDeps } from './strategy.ts';

export interface CredentialTemplates {
  /** Of the credentials. */
  versionId: string;
  values: Credentials;
  /** What nobody may read: of these, and of what templates make of them, once they are rendered. */
  secrets: string[];
  /** @throws GatewayError `CONFIGURATION_ERROR` naming a credential that is not set. */
  render: (template: string, escape: Escape) => string;
}

/** The service's current credentials, counted as used, for the templates of a strategy. */
export async function credentialTemplates(
  { definition }: AuthenticatedService<unknown>,
  { credentials }: Pick<StrategyDeps, 'credentials'>,
): Promise<CredentialTemplates> {
  const { values, versionId } = await credentials.current(definition.code);
  credentials.used(definition.code, versionId);
  const derived = new RequestSecrets(values);
  return {
    versionId,
    values,
    secrets: derived.texts,
    render: (template, escape) => renderText(template, { credentials: values, derived }, escape),
  };
}
