import { credentials } from '../wiring/credentials.ts';
import { httpFunction } from '../wiring/http-function.ts';
import { log } from '../wiring/log.ts';
import { compose } from './compose.ts';
import { serveCall } from './proxy.ts';

export const handler = httpFunction('proxy', (request, match) => serveCall(request, match.id, compose()), {
  log,
  finish: () => credentials().flush(),
});
