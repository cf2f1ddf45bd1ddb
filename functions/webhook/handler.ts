import { WEBHOOK_ROUTES } from '../../lib/api/routes/webhook.ts';
import { credentials } from '../wiring/credentials.ts';
import { httpFunction } from '../wiring/http-function.ts';
import { compose } from './compose.ts';
import { serveWebhook } from './webhook.ts';

export const handler = httpFunction(WEBHOOK_ROUTES, (request) => serveWebhook(request, compose()), {
  finish: () => credentials().flush(),
});
