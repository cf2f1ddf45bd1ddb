/**
 * A service is data: this is its whole shape (SPEC 3), assembled from the slices that the capabilities own. One
 * schema validates files, the API and what is stored; `services/service.schema.json` is generated from it.
 */
import * as z from 'zod';
import { Auth } from '../auth/strategies.ts';
import { CALL_FIELDS } from '../calls/definition.ts';
import { BaseDefinition } from '../definition/service.ts';
import type { Service } from '../definition/service.ts';
import { Webhook } from '../partners/definition.ts';
import { WATCH_FIELDS } from '../watch/definition.ts';

const { settings, ...base } = BaseDefinition.shape;

export const Definition = z
  .strictObject({
    ...base,
    auth: Auth.describe('How calls are authenticated.'),
    ...CALL_FIELDS,
    ...WATCH_FIELDS,
    webhook: Webhook.optional().describe('How the service calls back.'),
    settings,
  })
  .superRefine((definition, context) => {
    const issue = (path: (string | number)[], message: string) =>
      context.addIssue({ code: 'custom', path, message });
    const { auth, operations, quotas, baseUrl } = definition;
    if (auth.type === 'SESSION' && auth.keepalive && !(auth.keepalive.operation in operations)) {
      issue(['auth', 'keepalive', 'operation'], 'is not an operation of this service');
    }
    if (new Set(quotas.map((q) => q.type)).size < quotas.length) issue(['quotas'], 'must not repeat a type');
    const url = URL.parse(baseUrl);
    if (url && (url.username !== '' || url.password !== '')) {
      issue(['baseUrl'], 'must not contain a user name or password');
    }
    if (url && (url.search !== '' || url.hash !== ''))
      issue(['baseUrl'], 'must not contain a query or fragment');
    if (!isTimeZone(definition.timezone)) issue(['timezone'], 'is not a time zone');
  });

/** A parsed definition: every default filled in. */
export type Definition = z.output<typeof Definition>;
/** A definition as a person writes it. */
export type DefinitionInput = z.input<typeof Definition>;

/** A service with all its slices. */
export type RegisteredService = Service<Definition>;

function isTimeZone(name: string): boolean {
  try {
    return Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
