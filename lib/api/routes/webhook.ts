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
    summary:
      'Callback of a partner: URS: register, deposit, withdraw or check, or what `webhook.actions` maps',
    body: w.WebhookBody,
    answer: { status: 200, schema: w.WebhookAnswer },
  },
  receiveWebhookEvent: {
    method: 'POST',
    path: '/webhook/{path}',
    role: 'public',
    function: 'webhook',
    tag: 'Webhooks',
    summary: 'The same of a partner whose payload or header says which action it is (`webhook.action`)',
    body: w.WebhookPayload,
    answer: { status: 200, schema: w.WebhookAnswer },
  },
} as const satisfies Record<string, Route>;
