import * as z from 'zod';
import { HeaderName, Template } from '../definition/fields.ts';
import { credentialTemplates } from './credential-templates.ts';
import { REFUSAL_FIELDS } from './refusal.ts';
import { strategy } from './strategy.ts';

/** A key in a header or in the query. */
export const apiKey = strategy({
  schema: z.strictObject({
    type: z.literal('API_KEY'),
    in: z.enum(['header', 'query']).default('header').describe('Where it is sent.'),
    name: HeaderName.default('X-API-Key').describe('Of the header or query parameter.'),
    value: Template.default('{{credentials.apiKey}}').describe('The key; a template.'),
    ...REFUSAL_FIELDS,
  }),
  async authenticate(service, _options, deps) {
    const { auth } = service.definition;
    const { render, secrets } = await credentialTemplates(service, deps);
    const value = render(auth.value, 'header');
    const where =
      auth.in === 'query'
        ? { headers: {}, query: { [auth.name]: value } }
        : { headers: { [auth.name.toLowerCase()]: value } };
    return { ...where, secrets: [...secrets, value] };
  },
});
