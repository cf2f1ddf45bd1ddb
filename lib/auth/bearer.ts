import * as z from 'zod';
import { Template } from '../definition/fields.ts';
import { credentialTemplates } from './credential-templates.ts';
import { REFUSAL_FIELDS } from './refusal.ts';
import { strategy } from './strategy.ts';

/** RFC 6750. */
export const bearer = strategy({
  schema: z.strictObject({
    type: z.literal('BEARER'),
    token: Template.default('{{credentials.token}}').describe(
      'The token of `Authorization: Bearer`: a template over the credentials.',
    ),
    ...REFUSAL_FIELDS,
  }),
  async authenticate(service, _options, deps) {
    const { render, secrets } = await credentialTemplates(service, deps);
    const token = render(service.definition.auth.token, 'header');
    return { headers: { authorization: `Bearer ${token}` }, secrets: [...secrets, token] };
  },
});
