/**
 * Which values exist where (SPEC 3; the table of docs/users/definitions.md). A template that names a value which can
 * never be set would fail every call, some of them only after a login that was paid for.
 */
import type { StepBefore } from '../calls/definition.ts';
import type { FieldValue } from '../definition/template/fields.ts';
import { templatesIn } from '../definition/template/fields.ts';
import type { Name, Root } from '../definition/template/names.ts';
import { filtersIn, namesIn } from '../definition/template/render.ts';
import { DATA_NAMES } from '../partners/mapped/actions.ts';
import { sessionValueNames } from '../platforms/definition.ts';
import type { Login } from '../platforms/definition.ts';
import type { FieldError } from '../runtime/errors.ts';
import type { Definition } from './definition.ts';

const ALWAYS: readonly Root[] = ['settings', 'now', 'random', 'credentials'];
const AFTER_PAGE: readonly Root[] = [...ALWAYS, 'cookie', 'page'];
const IN_FORM: readonly Root[] = [...AFTER_PAGE, 'captcha'];
const LOGGED_IN: readonly Root[] = [...ALWAYS, 'cookie', 'session'];
/** Rendered once for all calls of a session: a random value would be none. */
const OF_SESSION: readonly Root[] = LOGGED_IN.filter((root) => root !== 'random');

/** Templates that stand in one place of a definition. */
interface Place {
  path: string;
  templates: readonly (readonly [name: string, template: string])[];
  roots: readonly Root[];
  /** What steps before it have extracted. */
  before?: ReadonlySet<string>;
  /** What a person was asked before it. */
  asked?: ReadonlySet<string>;
  /** The values it can name, where these are not all of the session's. */
  session?: ReadonlySet<string>;
  /** What answers to a partner hold. */
  data?: ReadonlySet<string>;
  /** The definition says where a partner's request has its time. */
  timestamp?: boolean;
  /** It belongs to a login, where a one-time code is waited for. */
  login?: true;
}

/** Each template that names what can never be set where it stands. */
export function templateFaults(definition: Definition): FieldError[] {
  const { auth } = definition;
  const session = new Set(
    auth.type === 'SESSION' ? sessionValueNames(auth) : Object.keys(auth.sessionRefreshOn?.extract ?? {}),
  );
  return placesOf(definition).flatMap((place) =>
    place.templates.flatMap(([name, template]) => {
      const problems = problemsOf(template, place, session, definition);
      return problems.length === 0 ? [] : [{ field: `${place.path}.${name}`, message: problems.join('; ') }];
    }),
  );
}

function placesOf({ auth, defaultHeaders, operations, webhook, healthCheck }: Definition): Place[] {
  const isSession = auth.type === 'SESSION';
  const learns = auth.sessionRefreshOn !== undefined;
  const inCall: readonly Root[] = [
    ...ALWAYS,
    'params',
    'before',
    ...(isSession ? LOGGED_IN : learns ? (['session'] as const) : []),
  ];
  // A login sends these headers too, before there are values.
  const inHeaders: readonly Root[] = learns && !isSession ? [...ALWAYS, 'session'] : ALWAYS;
  return [
    { path: 'defaultHeaders', templates: headers(defaultHeaders), roots: inHeaders },
    ...Object.entries(operations).flatMap(([name, operation]): Place[] => {
      const path = `operations.${name}`;
      const steps = operation.before.flatMap((step, at) =>
        requestPlaces(step, {
          path: `${path}.before.${at}`,
          roots: inCall,
          before: extractedBy(operation.before.slice(0, at)),
        }),
      );
      return [
        ...steps,
        ...requestPlaces(operation, { path, roots: inCall, before: extractedBy(operation.before) }),
      ];
    }),
    ...authPlaces(auth),
    ...(webhook ? webhookPlaces(webhook) : []),
    // Sent as they are.
    { path: 'healthCheck.endpoints', templates: Object.entries(healthCheck?.endpoints ?? {}), roots: [] },
  ];
}

type Webhook = NonNullable<Definition['webhook']>;

function webhookPlaces({ protocol, reply, actions = {} }: Webhook): Place[] {
  const message: Place[] =
    protocol.type === 'SIGNED'
      ? [
          {
            path: 'webhook.protocol',
            templates: [['message', protocol.message]],
            roots: ['request', 'header', 'credentials', 'settings'],
            timestamp: protocol.timestamp !== undefined,
          },
        ]
      : [];
  const data = new Set(Object.values(actions).flatMap((action) => DATA_NAMES[action.do]));
  return [
    ...message,
    ...replyPlaces('success', reply?.success, { roots: ['data', 'settings'], data }),
    ...replyPlaces('refusal', reply?.refusal, { roots: ['error', 'settings'] }),
  ];
}

function replyPlaces(
  name: string,
  shape: NonNullable<Webhook['reply']>['success'],
  place: Pick<Place, 'roots' | 'data'>,
): Place[] {
  const path = `webhook.reply.${name}`;
  if (!shape) return [];
  const { body } = shape;
  return typeof body === 'string'
    ? [{ ...place, path, templates: [['body', body]] }]
    : [{ ...place, path: `${path}.body`, templates: templatesIn(body) }];
}

const extractedBy = (steps: readonly StepBefore[]) =>
  new Set(steps.flatMap(({ extract }) => Object.keys(extract)));

interface Request {
  path: string;
  query?: Record<string, FieldValue> | undefined;
  headers?: Record<string, string> | undefined;
  fields?: Record<string, FieldValue> | undefined;
}

function requestPlaces(
  { path: target, query = {}, headers: own = {}, fields = {} }: Request,
  place: Omit<Place, 'templates'>,
): Place[] {
  const { path } = place;
  return [
    { ...place, templates: [['path', target]] },
    { ...place, path: `${path}.query`, templates: templatesIn(query) },
    { ...place, path: `${path}.headers`, templates: headers(own) },
    { ...place, path: `${path}.fields`, templates: templatesIn(fields) },
  ];
}

/** Names are templates too. */
const headers = (templates: Record<string, string>) =>
  Object.entries(templates).flatMap(([name, template]) => [[name, name] as const, [name, template] as const]);

function signedPlaces({ key, message, headers: own, query, fields }: SignedAuth): Place[] {
  const one = (name: string, template = '') => [[name, template] as const];
  return [
    { path: 'auth', templates: one('key', key), roots: ['credentials', 'settings'] },
    { path: 'auth', templates: one('message', message), roots: [...ALWAYS, 'request'] },
    { path: 'auth.headers', templates: headers(own), roots: [...ALWAYS, 'request', 'signature'] },
    { path: 'auth.query', templates: templatesIn(query), roots: [...ALWAYS, 'signature'] },
    { path: 'auth.fields', templates: templatesIn(fields), roots: [...ALWAYS, 'signature'] },
  ];
}

type SignedAuth = Extract<Definition['auth'], { type: 'SIGNED_REQUEST' }>;

function authPlaces(auth: Definition['auth']): Place[] {
  if (auth.type === 'SIGNED_REQUEST') return signedPlaces(auth);
  if (auth.type !== 'SESSION') {
    const templates = Object.entries(auth).flatMap(([name, value]) =>
      typeof value === 'string' ? [[name, value] as const] : [],
    );
    return [{ path: 'auth', templates, roots: ['credentials'] }];
  }
  const inHeaders = {
    path: 'auth.sessionHeaders',
    templates: headers(auth.sessionHeaders),
    roots: OF_SESSION,
  };
  return [...(auth.login ? loginPlaces(auth.login) : []), inHeaders];
}

function loginPlaces(login: Login): Place[] {
  const { page, captcha, ask, submit, after, refresh, expiresInSeconds } = login;
  const path = 'auth.login';
  const each = (templates: Record<string, string | number | undefined>) =>
    Object.entries(templates).filter((one): one is [string, string] => typeof one[1] === 'string');
  return [
    { path: `${path}.page`, templates: each({ path: page?.path }), roots: ALWAYS, login: true },
    {
      path: `${path}.captcha`,
      templates: each({ path: captcha?.path, url: captcha?.url }),
      roots: AFTER_PAGE,
      login: true,
    },
    ...ask.flatMap(({ before }, at) =>
      before
        ? requestPlaces(before, { path: `${path}.ask.${at}.before`, ...askedBefore(ask.slice(0, at)) })
        : [],
    ),
    ...requestPlaces(submit, { path: `${path}.submit`, ...askedBefore(ask) }),
    ...after.flatMap((step, at) =>
      requestPlaces(step, {
        path: `${path}.after.${at}`,
        roots: [...IN_FORM, 'ask', 'session'],
        asked: namesOf(ask),
        login: true,
      }),
    ),
    ...(refresh ? requestPlaces(refresh, { path: `${path}.refresh`, roots: LOGGED_IN, login: true }) : []),
    { path, templates: each({ expiresInSeconds }), roots: ['session'] },
  ];
}

const namesOf = (ask: Login['ask']) => new Set(ask.map(({ name }) => name));

/** Before the form is sent: the session holds no more than what the requests between questions have extracted. */
const askedBefore = (ask: Login['ask']): Omit<Place, 'path' | 'templates'> => ({
  roots: [...IN_FORM, 'ask', 'session'],
  asked: namesOf(ask),
  session: new Set(ask.flatMap(({ before }) => Object.keys(before?.extract ?? {}))),
  login: true,
});

function problemsOf(
  template: string,
  place: Place,
  session: ReadonlySet<string>,
  definition: Definition,
): string[] {
  const problems = namesIn(template).flatMap((name) => problemOf(name, place, session, definition) ?? []);
  if (filtersIn(template).includes('totp') && !place.login) {
    problems.push('a one-time code (totp) can be sent in a login only');
  }
  return [...new Set(problems)];
}

function problemOf(
  { name, root, path }: Name,
  place: Place,
  session: ReadonlySet<string>,
  { auth, settings }: Definition,
): string | undefined {
  if (!place.roots.includes(root)) return `{{${name}}} is never set here`;
  const [first = ''] = path;
  if (root === 'settings') return isIn(settings, path) ? undefined : `{{${name}}} is not in settings`;
  if (name === 'request.timestamp' && !place.timestamp) return `{{${name}}} is never set here`;
  if (root === 'header' && first !== first.toLowerCase()) {
    return `{{${name}}} is never set: names of headers are in lower case here`;
  }
  if (root === 'data' && !place.data?.has(path.join('.'))) {
    return `{{${name}}} is never set: no action of this webhook answers it`;
  }
  if (root === 'before' && !place.before?.has(first)) {
    return `{{${name}}} is never set: no step before extracts it`;
  }
  if (root === 'ask' && !place.asked?.has(first)) {
    return `{{${name}}} is never set: auth.login.ask does not ask for it before`;
  }
  if (root === 'session' && place.session && !place.session.has(first)) {
    return `{{${name}}} is never set here: no request between questions extracts it`;
  }
  if (root === 'session' && !session.has(first)) {
    return `{{${name}}} is never set: the login does not extract it, and auth.sessionValues does not declare it`;
  }
  if (auth.type !== 'SESSION' || !auth.login) return undefined;
  const { page, captcha } = auth.login;
  if (root === 'captcha' && !captcha) return `{{${name}}} is never set: auth.login has no captcha`;
  if (root === 'page' && !Object.hasOwn(page?.extract ?? {}, first)) {
    return `{{${name}}} is never set: auth.login.page does not extract it`;
  }
  return undefined;
}

function isIn(value: unknown, path: readonly string[]): boolean {
  const [name, ...rest] = path;
  if (name === undefined) return true;
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return false;
  return isIn((value as Record<string, unknown>)[name], rest);
}
