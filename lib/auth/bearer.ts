import * as z from 'zod';
import { Template } from '../definition/fields.ts';
import { credentialTemplates } from './credential-templates.ts';
import { REFUSAL_FIELDS } from './refusal.ts';
import { strategy } from './strategy.ts';

/** RFC 6750. */
export const bearer = strategy({
  schema: z.strictObject({
    type: z.literal('BEARER'),
    token: Template.default('{{credentials.token}}'),
    ...REFUSAL_FIELDS,
  }),
  async authenticate(service, _options, deps) {
    const { render } = await credentialTemplates(service, deps);
    return { headers: { authorization: `Bearer ${render(service.definition.auth.token, 'header')}` } };
  },
});
