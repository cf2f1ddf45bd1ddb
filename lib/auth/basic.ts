import * as z from 'zod';
import { Template } from '../definition/fields.ts';
import { credentialTemplates } from './credential-templates.ts';
import { REFUSAL_FIELDS } from './refusal.ts';
import { strategy } from './strategy.ts';

/** RFC 7617. */
export const basic = strategy({
  schema: z.strictObject({
    type: z.literal('BASIC'),
    username: Template.default('{{credentials.username}}'),
    password: Template.default('{{credentials.password}}'),
    ...REFUSAL_FIELDS,
  }),
  async authenticate(service, _options, deps) {
    const { auth } = service.definition;
    const { render } = await credentialTemplates(service, deps);
    // Base64 carries any character: RFC 7617 says UTF-8.
    const pair = `${render(auth.username, 'none')}:${render(auth.password, 'none')}`;
    return { headers: { authorization: `Basic ${Buffer.from(pair).toString('base64')}` } };
  },
});
