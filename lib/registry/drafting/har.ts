import { GatewayError } from '../../runtime/errors.ts';
import type { Predicate } from '../../definition/predicate/schema.ts';
import type { DefinitionInput } from '../definition.ts';
import { readHar } from './har-entries.ts';
import type { Entry } from './har-entries.ts';
import { draftCaptcha, literal } from './har-captcha.ts';
import { draftFields, inputsOf, isKey, isPassword } from './har-fields.ts';

export interface DraftedRecipe {
  definition: DefinitionInput;
  /** Names of the credentials it needs. */
  credentials: string[];
  /** What a person should check, one sentence each. */
  notes: string[];
}

/**
 * Drafts a definition from a browser's recording of one successful login: page, captcha, form, success, CSRF
 * headers. Values that were typed become `{{credentials.x}}`; none is copied.
 *
 * @throws GatewayError `VALIDATION_FAILED` when it is not a HAR, or contains no form with a password.
 */
export function draftRecipe(har: unknown): DraftedRecipe {
  const entries = readHar(har);
  const isSecret = isPassword(entries.filter(({ type }) => /html/.test(type)));
  const submit = entries.findLast(
    ({ method, fields }) => method !== 'GET' && fields.some(([name]) => isSecret(name)),
  );
  if (!submit)
    throw new GatewayError('VALIDATION_FAILED', 'The recording contains no form with a password field.');
  const sameOrigin = entries.filter(({ url }) => url.origin === submit.url.origin);
  const before = sameOrigin.filter(({ at }) => at < submit.at);
  const after = sameOrigin.filter(({ at }) => at > submit.at);
  const image = captchaAmong(before);
  const page = pageAmong(before, isSecret);
  const cookies: Record<string, string> = Object.assign({}, ...sameOrigin.map((entry) => entry.cookies));
  const form = draftFields(submit.fields, { page, hasCaptcha: image !== undefined, cookies });
  const notes = [...form.notes, ...warnings(submit, image, isSecret)];
  const captcha = image && draftCaptcha(image, page);
  notes.push(...(captcha?.notes ?? []));
  const extract = { ...form.extract, ...captcha?.extract };
  const charset = [page, submit].map((entry) => entry?.charset).find((name) => name && name !== 'utf-8');
  const needsPage = page && (Object.keys(extract).length > 0 || page.setCookies.length > 0);
  if (!page && Object.keys(extract).length > 0)
    notes.push('The login page itself is not in the recording: set auth.login.page.path.');
  const sessionHeaders = sessionHeadersAmong([submit, ...after], cookies);
  const userAgent = submit.requestHeaders['user-agent'];
  const host = submit.url.hostname;

  return {
    definition: {
      code: `SERVICE_${host.toUpperCase().replace(/[^A-Z0-9]+/g, '_')}`.slice(0, 64),
      name: host,
      serviceType: 'PLATFORM',
      status: 'TESTING',
      baseUrl: submit.url.origin,
      ...(userAgent === undefined ? {} : { defaultHeaders: { 'User-Agent': literal(userAgent) } }),
      auth: {
        type: 'SESSION',
        ...(charset ? { charset } : {}),
        login: {
          ...(needsPage || Object.keys(extract).length > 0
            ? { page: { path: page ? pathOf(page.url) : '/', extract } }
            : {}),
          ...(captcha ? { captcha: captcha.step } : {}),
          submit: {
            path: pathOf(submit.url),
            body: submit.postType.endsWith('json') ? 'json' : 'form',
            ...submitHeaders(submit, cookies),
            fields: form.fields,
          },
          success: draftSuccess(submit, before, notes),
          failures: draftFailures(image !== undefined, [page, submit]),
        },
        expired: expiredBy(page, [submit, ...after], notes),
        ...(Object.keys(sessionHeaders).length > 0 ? { sessionHeaders } : {}),
      },
    },
    credentials: form.credentials,
    notes: [
      ...notes,
      'failures are a guess: try a wrong captcha and a wrong password once, and use what the platform answers.',
    ],
  };
}

/** The captcha image: by its name, or because it is not a static file. The last one before the form. */
function captchaAmong(before: Entry[]): Entry | undefined {
  const images = before.filter(({ type, status }) => type.startsWith('image/') && status === 200);
  const namedCaptcha = images.filter(({ url }) =>
    /captcha|verif|code|yzm|vcode|rand|valid/i.test(url.pathname),
  );
  const dynamic = images.filter(
    ({ url }) => !/\.(?:png|jpe?g|gif|svg|ico|webp|bmp|css|js)$/i.test(url.pathname),
  );
  return namedCaptcha.at(-1) ?? dynamic.at(-1);
}

/** The page with the password field, or else the last page. */
function pageAmong(before: Entry[], isSecret: (field: string) => boolean): Entry | undefined {
  const pages = before.filter(
    ({ method, type, status }) => method === 'GET' && status === 200 && /html/.test(type),
  );
  return pages.findLast((page) => [...inputsOf(page).keys()].some(isSecret)) ?? pages.at(-1);
}

function submitHeaders(submit: Entry, cookies: Record<string, string>): { headers?: Record<string, string> } {
  const headers = sessionHeadersAmong([submit], cookies);
  const requestedWith = submit.requestHeaders['x-requested-with'];
  if (requestedWith === 'XMLHttpRequest') headers['x-requested-with'] = requestedWith;
  return Object.keys(headers).length > 0 ? { headers } : {};
}

/** Headers whose value is a cookie's: double-submit CSRF. */
function sessionHeadersAmong(entries: Entry[], cookies: Record<string, string>): Record<string, string> {
  const found: Record<string, string> = {};
  for (const { requestHeaders } of entries) {
    for (const [header, value] of Object.entries(requestHeaders)) {
      if (header === 'cookie' || header.startsWith(':') || value.length < 8) continue;
      const cookie = Object.keys(cookies).find((name) => cookies[name] === value && isKey(name));
      if (cookie !== undefined) found[header] = `{{cookie.${cookie}}}`;
    }
  }
  return found;
}

function draftSuccess(submit: Entry, before: Entry[], notes: string[]): Predicate {
  const { status, location } = submit;
  if (location !== undefined && status >= 300 && status < 400) {
    const target = URL.parse(location, submit.url)?.pathname ?? '/';
    const lastSegment = target.split('/').findLast((part) => part !== '') ?? '/';
    return { status, location: { includes: lastSegment } };
  }
  const verdict = verdictInJson(submit);
  if (verdict) return { status, json: verdict };
  const known = new Set(before.flatMap((entry) => Object.keys(entry.cookies)));
  const newCookie = submit.setCookies
    .map((line) => line.slice(0, line.indexOf('=')).trim())
    .find((name) => name !== '' && !known.has(name));
  if (newCookie !== undefined) return { status, cookie: newCookie };
  notes.push(
    'success: only the status is known; add what distinguishes success from an error page with the same status.',
  );
  return { status };
}

/** `{"code": 0}`, `{"success": true}` and their like. */
function verdictInJson({ text }: Entry): { pointer: string; equals: boolean | number | string } | undefined {
  try {
    const body = JSON.parse(text) as Record<string, unknown>;
    for (const name of ['success', 'ok', 'code', 'errcode', 'errno', 'ret', 'result', 'status']) {
      const value = body[name];
      const short = typeof value === 'string' && value.length <= 16;
      if (typeof value === 'boolean' || typeof value === 'number' || short)
        return { pointer: `/${name}`, equals: value };
    }
  } catch {
    // Not JSON.
  }
  return undefined;
}

/** What the platform's pages probably say, in their language. */
function draftFailures(hasCaptcha: boolean, pages: (Entry | undefined)[]) {
  const chinese = pages.some((page) => /\p{Script=Han}/u.test(page?.text ?? ''));
  const says = (han: string, english: string) => ({
    text: chinese ? { includes: han } : { matches: english },
  });
  const captcha = {
    when: says('验证码', '(?i)captcha|verification code|security code'),
    error: 'CAPTCHA_FAILED' as const,
  };
  const password = {
    when: says('密码', '(?i)password|credentials'),
    error: 'AUTHENTICATION_FAILED' as const,
  };
  return hasCaptcha ? [captcha, password] : [password];
}

/** A redirect to the login page, as long as no redirect inside leads to an address like it. */
function expiredBy(page: Entry | undefined, inside: Entry[], notes: string[]): Predicate {
  const path = page?.url.pathname ?? '/';
  const parts = [path.split('/').findLast((each) => each !== ''), path.replace(/\/$/, '')];
  const elsewhere = inside.flatMap(({ location }) => location ?? []);
  const part = parts.find((each) => each && each.length > 2 && !elsewhere.some((to) => to.includes(each)));
  if (part === undefined)
    notes.push('expired: only 401 is known; add what the platform answers when a session has ended.');
  return { any: [{ status: 401 }, ...(part === undefined ? [] : [{ location: { includes: part } }])] };
}

function warnings(submit: Entry, image: Entry | undefined, isSecret: (field: string) => boolean): string[] {
  const notes: string[] = [];
  if (submit.url.protocol === 'http:')
    notes.push('baseUrl is http: outside stage local only https is allowed.');
  if (submit.postType === 'multipart/form-data')
    notes.push('The form was sent as multipart; the recipe sends it urlencoded.');
  const password = submit.fields.find(([name]) => isSecret(name))?.[1] ?? '';
  if (/^[0-9a-f]{32}$|^[0-9a-f]{40}$|^[0-9a-f]{64}$/i.test(password)) {
    notes.push(
      'The browser sent a digest of the password: store the digest as the credential, not the password.',
    );
  }
  if (!image) notes.push('No captcha was found in the recording.');
  return notes;
}

function pathOf(url: URL): string {
  return literal(url.pathname + [...url.searchParams].reduce(withoutTimes, ''));
}

/** Query of a recorded address; session ids and times in it would be stale. */
function withoutTimes(query: string, [name, value]: [string, string]): string {
  if (/^\d{10,}$|^0\.\d+$/.test(value) || /token|session|sid/i.test(name)) return query;
  return `${query}${query === '' ? '?' : '&'}${encodeURIComponent(name)}=${encodeURIComponent(value)}`;
}
