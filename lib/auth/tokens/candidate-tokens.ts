import type { CredentialStore } from '../../access/credentials/credentials.ts';
import type { Transport } from '../../vendors/http/transport.ts';
import { credentialTemplates } from '../credential-templates.ts';
import { grantsOf } from './grants.ts';
import { requestToken } from './token-request.ts';
import type { Tokens } from './tokens.ts';

/** Tokens of credentials that are only tried: fetched for the one call that asks, kept nowhere, no other's renewed. */
export const candidateTokens = (deps: { credentials: CredentialStore; transport: Transport }): Tokens => ({
  async acquire(service, { deadline }) {
    const templates = await credentialTemplates(service, deps);
    const { client, tries } = grantsOf(service.definition.auth, templates, undefined);
    const [{ fields }] = tries;
    const { accessToken } = await requestToken(service, { client, fields }, deadline, deps.transport);
    return { token: { accessToken, login: 1, secrets: templates.secrets }, origin: 'login' };
  },
  renew: async () => undefined,
  renewedInVain: async () => {},
});
