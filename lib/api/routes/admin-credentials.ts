/** Routes of the Lambda `admin` about what calls to a service are authenticated with. */
import * as s from '../schemas.ts';
import type { Route } from './route.ts';

const CREDENTIALS = '/v1/admin/services/{code}/credentials';

export const CREDENTIAL_ROUTES = {
  getCredentials: {
    method: 'GET',
    path: CREDENTIALS,
    role: 'viewer',
    scope: 'service',
    function: 'admin',
    tag: 'Credentials',
    summary: 'Versions, fingerprints and use; never a value',
    answer: { status: 200, schema: s.CredentialsView },
  },
  putCredentials: {
    method: 'PUT',
    path: CREDENTIALS,
    role: 'admin',
    scope: 'service',
    function: 'admin',
    tag: 'Credentials',
    summary:
      'Store a new version, tried by one call where the service is in use; the previous one stays valid until it is retired',
    query: s.RotationQuery,
    body: s.CredentialsInput,
    answer: { status: 200, schema: s.CredentialVersion },
  },
  retireCredentials: {
    method: 'DELETE',
    path: `${CREDENTIALS}/previous`,
    role: 'admin',
    scope: 'service',
    function: 'admin',
    tag: 'Credentials',
    summary: 'End the overlap: retire the previous version',
    answer: { status: 204 },
  },
} as const satisfies Record<string, Route>;
