import * as z from 'zod';
import { ACCOUNT_FIELDS, accountFields } from '../platforms/captcha/chaojiying/account.ts';
import { credentialTemplates } from './credential-templates.ts';
import { REFUSAL_FIELDS } from './refusal.ts';
import { strategy } from './strategy.ts';

/** Chaojiying's account travels in the body of each call (SPEC 5). */
export const chaojiying = strategy({
  schema: z.strictObject({ type: z.literal('CHAOJIYING'), ...REFUSAL_FIELDS }),
  credentials: ACCOUNT_FIELDS,
  oneAccount: 'a second account of a captcha solver is a service of its own: `solvers` names both',
  async authenticate(service, _options, deps) {
    const { values, secrets } = await credentialTemplates(service, deps);
    return {
      headers: {},
      secrets,
      fields: accountFields(service.definition.code, values),
    };
  },
});
