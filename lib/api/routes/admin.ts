/** Routes of the Lambda `admin`: management, health and documentation. */
import * as s from '../schemas.ts';
import * as v from '../views.ts';
import { ALERT_ROUTES } from './admin-alerts.ts';
import { AUDIT_ROUTES } from './admin-audit.ts';
import { CREDENTIAL_ROUTES } from './admin-credentials.ts';
import { EXPORT_ROUTES } from './admin-exports.ts';
import { HEALTH_ROUTES } from './admin-health.ts';
import { LIMIT_ROUTES } from './admin-limits.ts';
import { METRICS_ROUTES } from './admin-metrics.ts';
import { MONEY_ROUTES } from './admin-money.ts';
import { PEOPLE_ROUTES } from './admin-people.ts';
import { REVISION_ROUTES } from './admin-revisions.ts';
import { SERVICE_ROUTES } from './admin-services.ts';
import { SESSION_ROUTES } from './admin-sessions.ts';
import { SUBSCRIPTION_ROUTES } from './admin-subscriptions.ts';
import type { Route } from './route.ts';

const ADMIN = '/v1/admin';

export const ADMIN_ROUTES = {
  ...MONEY_ROUTES,
  ...SERVICE_ROUTES,
  ...REVISION_ROUTES,
  ...CREDENTIAL_ROUTES,
  ...SESSION_ROUTES,
  ...LIMIT_ROUTES,
  ...HEALTH_ROUTES,
  listCaptchas: {
    method: 'GET',
    path: `${ADMIN}/captchas`,
    role: 'operator',
    function: 'admin',
    tag: 'Captchas',
    summary: 'Captchas, and questions of logins, that wait for a person',
    answer: { status: 200, schema: v.CaptchaList },
  },
  getCaptchaImage: {
    method: 'GET',
    path: `${ADMIN}/captchas/{id}/image`,
    role: 'operator',
    function: 'admin',
    tag: 'Captchas',
    summary: 'The image of a captcha',
    answer: { status: 200, contentType: 'image/*' },
  },
  answerCaptcha: {
    method: 'POST',
    path: `${ADMIN}/captchas/{id}`,
    role: 'operator',
    function: 'admin',
    tag: 'Captchas',
    summary: 'Answer a captcha with the text of its image, or a question of a login',
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
  ...METRICS_ROUTES,
  ...EXPORT_ROUTES,
  ...AUDIT_ROUTES,
  ...ALERT_ROUTES,
  ...SUBSCRIPTION_ROUTES,
  listKeys: {
    method: 'GET',
    path: `${ADMIN}/keys`,
    role: 'viewer',
    function: 'admin',
    tag: 'Keys',
    summary: 'API keys, without their secret values',
    answer: { status: 200, schema: s.KeyList },
  },
  createKey: {
    method: 'POST',
    path: `${ADMIN}/keys`,
    role: 'admin',
    function: 'admin',
    tag: 'Keys',
    summary: 'Create an API key; its value is shown only once',
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
  ...PEOPLE_ROUTES,
  root: {
    method: 'GET',
    path: '/',
    role: 'public',
    function: 'admin',
    tag: 'About',
    summary: 'What this is, and where to go on',
    answer: { status: 200, schema: s.Root },
  },
  health: {
    method: 'GET',
    path: '/health',
    role: 'public',
    function: 'admin',
    tag: 'About',
    summary: 'Health of the gateway and its data stores',
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
    summary: 'Documentation of this API',
    answer: { status: 200, contentType: 'text/html' },
  },
  docsScript: {
    method: 'GET',
    path: '/docs/scalar.js',
    role: 'public',
    function: 'admin',
    tag: 'About',
    summary: 'Script of the documentation page',
    answer: { status: 200, contentType: 'text/javascript' },
  },
} as const satisfies Record<string, Route>;
