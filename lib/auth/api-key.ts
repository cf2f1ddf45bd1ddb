import * as z from 'zod';
import { HeaderName, Template } from '../definition/fields.ts';
import { GatewayError } from '../runtime/errors.ts';
import { credentialTemplates } from './credential-templates.ts';
import { REFUSAL_FIELDS } from './refusal.ts';
import { strategy } from './strategy.ts';
import type { Authentication } from './strategy.ts';

/** A key in a header, in the query or in a cookie. */
export const apiKey = strategy({
  schema: z.strictObject({
    type: z.literal('API_KEY'),
    in: z
      .enum(['header', 'query', 'cookie'])
      .default('header')
      .describe('Where the key goes. It replaces what a caller of the raw proxy sends there.'),
    name: HeaderName.default('X-API-Key').describe('Name of the header, query parameter or cookie.'),
    value: Template.default('{{credentials.apiKey}}').describe('The key: a template over the credentials.'),
    ...REFUSAL_FIELDS,
  }),
  async authenticate(service, _options, deps) {
    const { auth } = service.definition;
    const { render, secrets } = await credentialTemplates(service, deps);
    const value = render(auth.value, 'header');
    return { ...placed(auth, value), secrets: [...secrets, value] };
  },
});

function placed(
  auth: { in: 'header' | 'query' | 'cookie'; name: string },
  value: string,
): Pick<Authentication, 'headers' | 'query' | 'cookieHeader'> {
  switch (auth.in) {
    case 'header':
      return { headers: { [auth.name.toLowerCase()]: value } };
    case 'query':
      return { headers: {}, query: { [auth.name]: value } };
    case 'cookie': {
      const pair = `${auth.name}=${cookieValue(value)}`;
      return { headers: {}, cookieHeader: () => pair };
    }
    default:
      return auth.in satisfies never;
  }
}

/** RFC 6265 4.1.1, and what servers read nonetheless. A ";" would begin another cookie. */
function cookieValue(value: string): string {
  if (/^[\x21-\x3a\x3c-\x7e]*$/.test(value)) return value;
  const message = 'contains a character that is not allowed in a cookie';
  throw new GatewayError('CONFIGURATION_ERROR', `The value of auth.value ${message}.`, {
    fields: [{ field: 'auth.value', message }],
  });
}
