/** Routes of the Lambda `admin` about people: their sessions, and who they are. */
import * as p from '../people-schemas.ts';
import type { Route } from './route.ts';

const SESSION = '/v1/session';
const USERS = '/v1/admin/users';

export const PEOPLE_ROUTES = {
  logIn: {
    method: 'POST',
    path: SESSION,
    role: 'public',
    function: 'admin',
    tag: 'People',
    summary: 'Log in with a password; the answer sets the cookie gatehouse_session',
    body: p.LogInRequest,
    answer: { status: 200, schema: p.OwnSession },
  },
  getOwnSession: {
    method: 'GET',
    path: SESSION,
    role: 'caller',
    scope: 'own',
    function: 'admin',
    tag: 'People',
    summary: 'Who is logged in; 404 for a key',
    answer: { status: 200, schema: p.OwnSession },
  },
  logOut: {
    method: 'DELETE',
    path: SESSION,
    role: 'caller',
    scope: 'own',
    function: 'admin',
    tag: 'People',
    summary: 'Log out',
    answer: { status: 204 },
  },
  listUsers: {
    method: 'GET',
    path: USERS,
    role: 'viewer',
    function: 'admin',
    tag: 'People',
    summary: 'People who may log in, by name',
    answer: { status: 200, schema: p.UserList },
  },
  createUser: {
    method: 'POST',
    path: USERS,
    role: 'admin',
    function: 'admin',
    tag: 'People',
    summary: 'Let somebody log in',
    body: p.UserRequest,
    answer: { status: 201, schema: p.UserView },
  },
  changeUser: {
    method: 'PATCH',
    path: `${USERS}/{id}`,
    role: 'admin',
    function: 'admin',
    tag: 'People',
    summary: 'Another role or password, or (not) disabled; open sessions follow within 5 s',
    body: p.UserChange,
    answer: { status: 200, schema: p.UserView },
  },
} as const satisfies Record<string, Route>;
