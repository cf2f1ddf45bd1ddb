/** Routes of the Lambda `admin` about what a service was before. */
import * as s from '../schemas.ts';
import * as v from '../views.ts';
import type { Route } from './route.ts';

const REVISIONS = '/v1/admin/services/{code}/revisions';
const REVISION = `${REVISIONS}/{revision}` as const;

export const REVISION_ROUTES = {
  listRevisions: {
    method: 'GET',
    path: REVISIONS,
    role: 'viewer',
    scope: 'service',
    function: 'admin',
    tag: 'Services',
    summary: 'Every revision of a definition, newest first; of a deleted service too',
    query: s.PageQuery,
    answer: { status: 200, schema: v.RevisionList },
  },
  getRevision: {
    method: 'GET',
    path: REVISION,
    role: 'viewer',
    scope: 'service',
    function: 'admin',
    tag: 'Services',
    summary: 'A definition as it was',
    answer: { status: 200, schema: v.RevisionView },
  },
  diffRevision: {
    method: 'GET',
    path: `${REVISION}/diff`,
    role: 'viewer',
    scope: 'service',
    function: 'admin',
    tag: 'Services',
    summary: 'What a revision changed, or how it differs from another',
    query: s.DiffQuery,
    answer: { status: 200, schema: v.RevisionDiff },
  },
  rollBackService: {
    method: 'POST',
    path: `${REVISION}/rollback`,
    role: 'admin',
    scope: 'service',
    function: 'admin',
    tag: 'Services',
    summary: 'Store that definition again, as a new revision; brings a deleted service back',
    query: s.CheckQuery,
    answer: { status: 200, schema: v.ServiceView },
  },
} as const satisfies Record<string, Route>;
