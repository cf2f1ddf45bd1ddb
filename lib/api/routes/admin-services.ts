/** Routes of the Lambda `admin` about definitions. */
import { DefinitionDocument } from '../../registry/document.ts';
import * as s from '../schemas.ts';
import * as v from '../views.ts';
import type { Route } from './route.ts';

const SERVICES = '/v1/admin/services';
const SERVICE = `${SERVICES}/{code}` as const;

export const SERVICE_ROUTES = {
  listServices: {
    method: 'GET',
    path: SERVICES,
    role: 'viewer',
    function: 'admin',
    tag: 'Services',
    summary: 'All definitions',
    answer: { status: 200, schema: v.ServiceList },
  },
  getService: {
    method: 'GET',
    path: SERVICE,
    role: 'viewer',
    scope: 'service',
    function: 'admin',
    tag: 'Services',
    summary: 'One definition and its revision',
    answer: { status: 200, schema: v.ServiceView },
  },
  putService: {
    method: 'PUT',
    path: SERVICE,
    role: 'admin',
    scope: 'service',
    function: 'admin',
    tag: 'Services',
    summary: 'Create or replace a definition; with `revision`, only if that is still the current one',
    query: s.CheckQuery,
    body: DefinitionDocument,
    answer: { status: 200, schema: v.ServiceView },
  },
  testOperation: {
    method: 'POST',
    path: `${SERVICE}/test`,
    role: 'operator',
    scope: 'service',
    call: true,
    function: 'admin',
    tag: 'Services',
    summary: 'Call an operation once, or show the requests that it would send (`explain`)',
    body: s.TestRequest,
    answer: { status: 200, schema: s.TestAnswer },
  },
  deleteService: {
    method: 'DELETE',
    path: SERVICE,
    role: 'admin',
    scope: 'service',
    function: 'admin',
    tag: 'Services',
    summary: 'Remove a definition',
    query: s.RevisionQuery,
    answer: { status: 204 },
  },
} as const satisfies Record<string, Route>;
