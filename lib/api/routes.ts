/**
 * The one table of our API: path, least role, input, answer. A route that is not here does not exist.
 * Authorization and dispatch read it; OpenAPI, the docs page and the client's types are generated from it
 * (`npm run build:openapi`); the CLI's requests are typed by it.
 */
import type * as z from 'zod';
import type { RouteAccess } from '../access/roles.ts';
import { DefinitionDocument } from '../registry/document.ts';
import * as s from './schemas.ts';
import * as u from './user-schemas.ts';
import * as v from './views.ts';

export interface Route extends RouteAccess {
  /** `ANY`: every method. */
  method: 'ANY' | 'GET' | 'PUT' | 'POST' | 'DELETE';
  /** `{name}` captures one segment, `{name+}` the rest. */
  path: string;
  /** Which Lambda serves it. */
  function: 'proxy' | 'admin' | 'webhook';
  tag: string;
  summary: string;
  query?: z.ZodType;
  body?: z.ZodType;
  answer?: { status: number; schema?: z.ZodType; contentType?: string };
}

const SERVICE = '/v1/services/{code}';
const URS_USER = '/v1/urs/users/{uid}';
const ADMIN = '/v1/admin';
const ADMIN_SERVICE = `${ADMIN}/services/{code}` as const;

export const ROUTES = {
  rawProxy: {
    method: 'ANY',
    path: `${SERVICE}/proxy/{path+}`,
    role: 'caller',
    call: true,
    function: 'proxy',
    tag: 'Calls',
    summary: 'Pass a request through to a service, logged in',
  },
  callOperation: {
    method: 'POST',
    path: `${SERVICE}/operations/{operation}`,
    role: 'caller',
    call: true,
    function: 'proxy',
    tag: 'Calls',
    summary: 'Call an operation of a service',
    body: s.OperationRequest,
    answer: { status: 200, schema: s.OperationAnswer },
  },
  callBatch: {
    method: 'POST',
    path: `${SERVICE}/batch`,
    role: 'caller',
    call: true,
    function: 'proxy',
    tag: 'Calls',
    summary: 'Call up to 100 operations, each with its own result',
    body: s.BatchRequest,
    answer: { status: 200, schema: s.BatchAnswer },
  },

  enterUser: {
    method: 'POST',
    path: '/v1/urs/enter',
    role: 'caller',
    call: true,
    function: 'proxy',
    tag: 'Users',
    summary: 'A user arrives with a ukey: bind the user and store the superiors',
    query: u.UsersQuery,
    body: u.EnterRequest,
    answer: { status: 200, schema: u.EnterAnswer },
  },
  syncUsers: {
    method: 'POST',
    path: '/v1/urs/users/sync',
    role: 'caller',
    call: true,
    function: 'proxy',
    tag: 'Users',
    summary: 'Refresh many users from URS; each has its own result',
    query: u.UsersQuery,
    body: u.SyncRequest,
    answer: { status: 200, schema: u.SyncAnswer },
  },
  getUser: {
    method: 'GET',
    path: URS_USER,
    role: 'caller',
    function: 'proxy',
    tag: 'Users',
    summary: 'A URS user',
    query: u.UsersQuery,
    answer: { status: 200, schema: u.UserAnswer },
  },
  getTeam: {
    method: 'GET',
    path: `${URS_USER}/team`,
    role: 'caller',
    function: 'proxy',
    tag: 'Users',
    summary: 'Three levels of superiors',
    query: u.UsersQuery,
    answer: { status: 200, schema: u.TeamAnswer },
  },
  getDownline: {
    method: 'GET',
    path: `${URS_USER}/downline`,
    role: 'caller',
    function: 'proxy',
    tag: 'Users',
    summary: 'The direct downline of a user, or the team of three generations',
    query: u.DownlineQuery,
    answer: { status: 200, schema: u.DownlineAnswer },
  },

  receiveWebhook: {
    method: 'POST',
    path: '/webhook/{path}/{action}',
    role: 'public',
    function: 'webhook',
    tag: 'Webhooks',
    summary: 'A partner calls back: register, deposit, withdraw or check, in a sealed envelope',
    body: s.WebhookEnvelope,
    answer: { status: 200, schema: s.WebhookAnswer },
  },

  getTransfer: {
    method: 'GET',
    path: '/v1/transfers/{transactionId}',
    role: 'caller',
    function: 'proxy',
    tag: 'Money',
    summary: 'One transfer; 409 where several services know one by this id',
    query: s.TransferQuery,
    answer: { status: 200, schema: s.TransferView },
  },
  getAccount: {
    method: 'GET',
    path: '/v1/accounts/{accountId}',
    role: 'caller',
    function: 'proxy',
    tag: 'Money',
    summary: 'An account and its balance: `user:10002`, `house:15`, in another book `emerald:user:10002`',
    answer: { status: 200, schema: s.AccountView },
  },
  listEntries: {
    method: 'GET',
    path: '/v1/accounts/{accountId}/entries',
    role: 'caller',
    function: 'proxy',
    tag: 'Money',
    summary: "An account's statement with running balance, newest first",
    query: s.EntriesQuery,
    answer: { status: 200, schema: v.EntryList },
  },
  adjustBalance: {
    method: 'POST',
    path: `${ADMIN}/transfers`,
    role: 'admin',
    function: 'admin',
    tag: 'Money',
    summary: 'Adjust a balance through the control account, with a reason',
    body: s.AdjustmentRequest,
    answer: { status: 201, schema: s.AdjustmentAnswer },
  },
  getTrialBalance: {
    method: 'GET',
    path: `${ADMIN}/ledger/trial-balance`,
    role: 'viewer',
    function: 'admin',
    tag: 'Money',
    summary: 'All balances of a book added up: zero, or something is broken',
    query: s.TrialBalanceQuery,
    answer: { status: 200, schema: s.TrialBalanceView },
  },
  listDeliveries: {
    method: 'GET',
    path: `${ADMIN}/deliveries`,
    role: 'viewer',
    function: 'admin',
    tag: 'Webhooks',
    summary: 'Webhook deliveries of the last 30 days, newest first',
    query: s.DeliveriesQuery,
    answer: { status: 200, schema: v.DeliveryList },
  },

  listServices: {
    method: 'GET',
    path: `${ADMIN}/services`,
    role: 'viewer',
    function: 'admin',
    tag: 'Services',
    summary: 'All definitions',
    answer: { status: 200, schema: v.ServiceList },
  },
  getService: {
    method: 'GET',
    path: ADMIN_SERVICE,
    role: 'viewer',
    function: 'admin',
    tag: 'Services',
    summary: 'One definition and its revision',
    answer: { status: 200, schema: v.ServiceView },
  },
  putService: {
    method: 'PUT',
    path: ADMIN_SERVICE,
    role: 'admin',
    function: 'admin',
    tag: 'Services',
    summary: 'Create or replace a definition; with `revision`, only if it is still that one',
    body: DefinitionDocument,
    answer: { status: 200, schema: v.ServiceView },
  },
  deleteService: {
    method: 'DELETE',
    path: ADMIN_SERVICE,
    role: 'admin',
    function: 'admin',
    tag: 'Services',
    summary: 'Remove a definition',
    query: s.RevisionQuery,
    answer: { status: 204 },
  },

  getCredentials: {
    method: 'GET',
    path: `${ADMIN_SERVICE}/credentials`,
    role: 'viewer',
    function: 'admin',
    tag: 'Credentials',
    summary: 'Versions, fingerprints and use; never a value',
    answer: { status: 200, schema: s.CredentialsView },
  },
  putCredentials: {
    method: 'PUT',
    path: `${ADMIN_SERVICE}/credentials`,
    role: 'admin',
    function: 'admin',
    tag: 'Credentials',
    summary: 'Store a new version; the one before stays valid until it is retired',
    query: s.VersionQuery,
    body: s.CredentialsInput,
    answer: { status: 200, schema: s.CredentialVersion },
  },
  retireCredentials: {
    method: 'DELETE',
    path: `${ADMIN_SERVICE}/credentials/previous`,
    role: 'admin',
    function: 'admin',
    tag: 'Credentials',
    summary: 'End the overlap: retire the previous version',
    answer: { status: 204 },
  },

  getSession: {
    method: 'GET',
    path: `${ADMIN_SERVICE}/session`,
    role: 'viewer',
    function: 'admin',
    tag: 'Sessions',
    summary: 'State of the session; no cookie is shown',
    answer: { status: 200, schema: v.SessionView },
  },
  loginSession: {
    method: 'POST',
    path: `${ADMIN_SERVICE}/session/login`,
    role: 'operator',
    call: true,
    function: 'admin',
    tag: 'Sessions',
    summary: 'Log in now, or walk the recipe without storing anything (`dryRun`)',
    body: s.LoginRequest,
    answer: { status: 200, schema: v.LoginReport },
  },
  invalidateSession: {
    method: 'POST',
    path: `${ADMIN_SERVICE}/session/invalidate`,
    role: 'operator',
    function: 'admin',
    tag: 'Sessions',
    summary: 'Forget the session: the next call logs in',
    answer: { status: 204 },
  },
  unlockSession: {
    method: 'POST',
    path: `${ADMIN_SERVICE}/session/unlock`,
    role: 'operator',
    function: 'admin',
    tag: 'Sessions',
    summary: 'Lift a lockout',
    answer: { status: 204 },
  },
  listLogins: {
    method: 'GET',
    path: `${ADMIN_SERVICE}/logins`,
    role: 'viewer',
    function: 'admin',
    tag: 'Sessions',
    summary: 'The login recorder: every attempt of the last 14 days, newest first',
    query: s.PageQuery,
    answer: { status: 200, schema: v.LoginList },
  },
  getLoginImage: {
    method: 'GET',
    path: `${ADMIN_SERVICE}/logins/{id}/image`,
    role: 'viewer',
    function: 'admin',
    tag: 'Sessions',
    summary: 'The captcha image of a recorded login',
    answer: { status: 200, contentType: 'image/*' },
  },

  listCaptchas: {
    method: 'GET',
    path: `${ADMIN}/captchas`,
    role: 'operator',
    function: 'admin',
    tag: 'Captchas',
    summary: 'Captchas that wait for a person',
    answer: { status: 200, schema: v.CaptchaList },
  },
  getCaptchaImage: {
    method: 'GET',
    path: `${ADMIN}/captchas/{id}/image`,
    role: 'operator',
    function: 'admin',
    tag: 'Captchas',
    summary: 'The image to read',
    answer: { status: 200, contentType: 'image/*' },
  },
  answerCaptcha: {
    method: 'POST',
    path: `${ADMIN}/captchas/{id}`,
    role: 'operator',
    function: 'admin',
    tag: 'Captchas',
    summary: 'What the image says',
    body: s.CaptchaReply,
    answer: { status: 204 },
  },

  listCalls: {
    method: 'GET',
    path: `${ADMIN}/calls`,
    role: 'viewer',
    function: 'admin',
    tag: 'Watching',
    summary: 'The call log, newest first',
    query: s.CallsQuery,
    answer: { status: 200, schema: v.CallList },
  },
  listAlerts: {
    method: 'GET',
    path: `${ADMIN}/alerts`,
    role: 'viewer',
    function: 'admin',
    tag: 'Watching',
    summary: 'Alerts, newest first',
    query: s.AlertsQuery,
    answer: { status: 200, schema: v.AlertList },
  },

  listKeys: {
    method: 'GET',
    path: `${ADMIN}/keys`,
    role: 'admin',
    function: 'admin',
    tag: 'Keys',
    summary: 'API keys, without the keys',
    answer: { status: 200, schema: s.KeyList },
  },
  createKey: {
    method: 'POST',
    path: `${ADMIN}/keys`,
    role: 'admin',
    function: 'admin',
    tag: 'Keys',
    summary: 'Make an API key; it is shown this once',
    body: s.KeyRequest,
    answer: { status: 201, schema: s.NewKey },
  },
  revokeKey: {
    method: 'DELETE',
    path: `${ADMIN}/keys/{id}`,
    role: 'admin',
    function: 'admin',
    tag: 'Keys',
    summary: 'Revoke an API key',
    answer: { status: 204 },
  },

  health: {
    method: 'GET',
    path: '/health',
    role: 'public',
    function: 'admin',
    tag: 'About',
    summary: 'Are we up, and do our stores answer',
    answer: { status: 200, schema: s.Health },
  },
  openapi: {
    method: 'GET',
    path: '/v1/openapi.json',
    role: 'public',
    function: 'admin',
    tag: 'About',
    summary: 'This API as OpenAPI 3.1',
    answer: { status: 200, contentType: 'application/json' },
  },
  docs: {
    method: 'GET',
    path: '/docs',
    role: 'public',
    function: 'admin',
    tag: 'About',
    summary: 'This API as a page',
    answer: { status: 200, contentType: 'text/html' },
  },
  docsScript: {
    method: 'GET',
    path: '/docs/scalar.js',
    role: 'public',
    function: 'admin',
    tag: 'About',
    summary: 'The script of that page',
    answer: { status: 200, contentType: 'text/javascript' },
  },
} as const satisfies Record<string, Route>;

export type RouteId = keyof typeof ROUTES;
export type RouteIdOf<F extends Route['function']> = {
  [K in RouteId]: (typeof ROUTES)[K]['function'] extends F ? K : never;
}[RouteId];
