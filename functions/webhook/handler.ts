import { app } from '../composition.ts';
import { log } from '../connections.ts';
import { httpFunction } from '../http-function.ts';
import { serveWebhook } from './webhook.ts';

export const handler = httpFunction('webhook', (request) => serveWebhook(request, app()), {
  log,
  finish: () => app().credentials.flush(),
});
