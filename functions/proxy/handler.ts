import { PROXY_ROUTES } from '../../lib/api/routes/proxy.ts';
import { credentials } from '../wiring/credentials.ts';
import { httpFunction } from '../wiring/http-function.ts';
import { compose } from './compose.ts';
import { serveCall } from './proxy.ts';

export const handler = httpFunction(
  PROXY_ROUTES,
  (request, match) => serveCall(request, match.id, compose()),
  {
    finish: () => credentials().flush(),
  },
);
