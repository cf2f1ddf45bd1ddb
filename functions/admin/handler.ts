import { app } from '../composition.ts';
import { log } from '../connections.ts';
import { httpFunction } from '../http-function.ts';
import { serveAdmin } from './admin.ts';

export const handler = httpFunction('admin', (request, match) => serveAdmin(request, match.id, app()), {
  log,
  finish: () => app().credentials.flush(),
});
