import { credentials } from '../wiring/credentials.ts';
import { httpFunction } from '../wiring/http-function.ts';
import { log } from '../wiring/log.ts';
import { serveAdmin } from './admin.ts';
import { compose } from './compose.ts';

export const handler = httpFunction('admin', (request, match) => serveAdmin(request, match.id, compose()), {
  log,
  finish: () => credentials().flush(),
});
