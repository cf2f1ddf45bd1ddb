import { ADMIN_ROUTES } from '../../lib/api/routes/admin.ts';
import { credentials } from '../wiring/credentials.ts';
import { httpFunction } from '../wiring/http-function.ts';
import { serveAdmin } from './admin.ts';
import { compose } from './compose.ts';

export const handler = httpFunction(
  ADMIN_ROUTES,
  (request, match) => serveAdmin(request, match.id, compose()),
  {
    finish: () => credentials().flush(),
  },
);
