import * as z from 'zod';
import { Template } from '../definition/fields.ts';
import { credentialTemplates } from './credential-templates.ts';
import { REFUSAL_FIELDS } from './refusal.ts';
import { strategy } from './strategy.ts';

/** RFC 7617. */
export const basic = strategy({
  schema: z.strictObject({
    type: z.literal('BASIC'),
    username: Template.default('{{credentials.username}}').describe('A template over the credentials.'),
    password: Template.default('{{credentials.password}}').describe('A template over the credentials.'),
    ...REFUSAL_FIELDS,
  }),
  async authenticate(service, _options, deps) {
    const { auth } = service.definition;
    const { render, secrets } = await credentialTemplates(service, deps);
    // Base64 carries any character: RFC 7617 says UTF-8.
    const [username, password] = [render(auth.username, 'none'), render(auth.password, 'none')];
    const pair = Buffer.from(`${username}:${password}`).toString('base64');
    return { headers: { authorization: `Basic ${pair}` }, secrets: [...secrets, password, pair] };
  },
});
