import { app } from '../composition.ts';
import { log } from '../connections.ts';
import { httpFunction } from '../http-function.ts';
import { serveCall } from './proxy.ts';

export const handler = httpFunction('proxy', (request, match) => serveCall(request, match.id, app()), {
  log,
  finish: () => app().credentials.flush(),
});
