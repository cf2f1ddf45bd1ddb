/** What a definition says about a token that is fetched: strategy `OAUTH2` (SPEC 5). */
import * as z from 'zod';
import { Template } from '../../definition/fields.ts';
import type { AccountService, BaseDefinition } from '../../definition/service.ts';
import { REFUSAL_FIELDS } from '../refusal.ts';

export const OAuth2Auth = z.strictObject({
  type: z.literal('OAUTH2'),
  grant: z
    .enum(['client_credentials', 'password', 'refresh_token'])
    .default('client_credentials')
    .describe('How a token is asked for (RFC 6749 4.4, 4.3, 6).'),
  tokenUrl: z
    .url({ protocol: /^https?$/ })
    .refine((url) => !url.includes('#'), 'must not contain a fragment')
    .describe('The token endpoint; the rules of `baseUrl` hold for it. It may be on another host.'),
  clientId: Template.default('{{credentials.clientId}}').describe('A template over the credentials.'),
  clientSecret: Template.default('{{credentials.clientSecret}}').describe(
    'A template over the credentials; `""` for a client without a secret.',
  ),
  clientAuth: z
    .enum(['basic', 'post'])
    .default('basic')
    .describe('Where the client is named: in `Authorization: Basic`, or as fields of the form.'),
  scope: Template.optional().describe('The scope that is asked for.'),
  audience: Template.optional().describe('The API that the token is for, where the token endpoint asks.'),
  username: Template.default('{{credentials.username}}').describe('Of grant `password`.'),
  password: Template.default('{{credentials.password}}').describe('Of grant `password`.'),
  refreshToken: Template.default('{{credentials.refreshToken}}').describe(
    'The first one of grant `refresh_token`. Those that the token endpoint gives out after it are kept.',
  ),
  ...REFUSAL_FIELDS,
});
export type OAuth2Auth = z.output<typeof OAuth2Auth>;

export type OAuth2Service = AccountService<BaseDefinition & { auth: OAuth2Auth }>;
