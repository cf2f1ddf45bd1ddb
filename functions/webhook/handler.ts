import { credentials } from '../wiring/credentials.ts';
import { httpFunction } from '../wiring/http-function.ts';
import { log } from '../wiring/log.ts';
import { compose } from './compose.ts';
import { serveWebhook } from './webhook.ts';

export const handler = httpFunction('webhook', (request) => serveWebhook(request, compose()), {
  log,
  finish: () => credentials().flush(),
});
