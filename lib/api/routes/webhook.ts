/** Routes of the Lambda `webhook`: callbacks of partners. */
import * as w from '../webhook-schemas.ts';
import type { Route } from './route.ts';

export const WEBHOOK_ROUTES = {
  receiveWebhook: {
    method: 'POST',
    path: '/webhook/{path}/{action}',
    role: 'public',
    function: 'webhook',
    tag: 'Webhooks',
    summary: 'Callback of a partner: register, deposit, withdraw or check, in a sealed envelope',
    body: w.WebhookEnvelope,
    answer: { status: 200, schema: w.WebhookAnswer },
  },
} as const satisfies Record<string, Route>;
