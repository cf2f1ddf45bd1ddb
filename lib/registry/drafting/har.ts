import { omitUndefined } from '../../runtime/omit-undefined.ts';
import { isGatewayError } from '../../runtime/errors.ts';
import type { DefinitionInput } from '../definition.ts';
import { parseDefinition } from '../validation.ts';
import { cookiesIn } from './cookie-values.ts';
import type { RecordedCookies } from './cookie-values.ts';
import type { Entry } from './har-entries.ts';
import { draftCaptcha, inlineCaptcha } from './har-captcha.ts';
import type { DraftedCaptcha } from './har-captcha.ts';
import { draftFields, TOKEN_NAME } from './har-fields.ts';
import { draftLoginPage } from './login-page.ts';
import { isData, literal } from './names.ts';
import { draftOperations } from './operations.ts';
import { readRecording } from './recording.ts';
import type { Recording } from './recording.ts';
import { actionOf, groupsOf, isCall, isLogout } from './requests-inside.ts';
import { scrubbed, secretsIn } from './scrub.ts';
import { headerTemplate } from './header-template.ts';
import { draftSessionValues } from './session-values.ts';
import type { SessionValues } from './session-values.ts';
import { jsonOf } from './sources.ts';
import { ENCRYPTED, warnings } from './warnings.ts';
import { draftExpired, draftFailures, draftSuccess, verdictIn } from './verdicts.ts';

export interface DraftedRecipe {
  definition: DefinitionInput;
  /** Names of the credentials it needs. */
  credentials: string[];
  /** What a person should check, one sentence each. */
  notes: string[];
}

/**
 * Drafts a definition from a browser's recording: the login (page, captcha, form, verdicts, what it stores with the
 * session) and the operations that the pages called after it. Typed values become `{{credentials.x}}`; no recorded value
 * is copied. What comes out can be applied as it is.
 *
 * @throws GatewayError `VALIDATION_FAILED` when it is not a HAR, or contains no form with a password.
 */
export function draftRecipe(har: unknown): DraftedRecipe {
  const recording = readRecording(har);
  const { entries, submit, after } = recording;
  const cookies = cookiesIn(entries.filter(({ url }) => url.hostname === submit.url.hostname));
  const notes: string[] = [];
  const session = draftSessionValues({ ...recording, cookies });
  const { login, credentials, pageNotes } = draftLogin(recording, cookies, session, notes);
  const operations = draftCalls(recording, session, notes);
  const userAgent = submit.requestHeaders['user-agent'];
  const host = submit.url.hostname;
  const charset = [login.entry, ...recording.before.toReversed(), submit]
    .map((entry) => (entry && /html/.test(entry.type) ? entry.charset : undefined))
    .find((name) => name !== undefined && name !== 'utf-8');
  const draft: DefinitionInput = {
    code: `SERVICE_${host.toUpperCase().replace(/[^A-Z0-9]+/g, '_')}`.slice(0, 64),
    name: host,
    serviceType: 'PLATFORM',
    status: 'TESTING',
    baseUrl: baseUrlOf(submit.url),
    ...(userAgent === undefined ? {} : { defaultHeaders: { 'User-Agent': literal(userAgent) } }),
    auth: {
      type: 'SESSION',
      ...(charset ? { charset } : {}),
      login: login.definition,
      expired: draftExpired({ submit, page: login.entry, after }, notes),
      ...(Object.keys(session.sessionHeaders).length > 0 ? { sessionHeaders: session.sessionHeaders } : {}),
    },
    ...(Object.keys(operations).length > 0 ? { operations } : {}),
  };
  const fields = [submit, ...recording.failed].flatMap((entry) => entry.fields);
  const valuesOf = (constant: boolean) =>
    fields.flatMap(([field, value]) => (login.constants.has(field) === constant ? [value] : []));
  const actions = after.flatMap((entry) => actionOf(entry)?.value ?? []);
  const definition = scrubbed(
    draft,
    secretsIn(entries, valuesOf(false), [...valuesOf(true), ...actions]),
    (place) =>
      notes.push(`${place}: a recorded value stood here and was taken out; CHANGE_ME stands for it.`),
  );
  return {
    definition: usable(definition, notes),
    credentials,
    notes: [
      ...pageNotes,
      ...session.notes,
      ...notes,
      ...(recording.failed.length > 0
        ? []
        : [
            'failures are a guess: try a wrong captcha and a wrong password once, and use what the platform answers.',
          ]),
    ],
  };
}

/** Plain `http:` is for loopback addresses. */
function baseUrlOf(url: URL): string {
  const isLoopback = /^(?:127\.|localhost$|\[::1\])/.test(url.hostname);
  return isLoopback ? url.origin : url.origin.replace(/^http:/, 'https:');
}

function draftLogin(recording: Recording, cookies: RecordedCookies, session: SessionValues, notes: string[]) {
  const { submit, before, failed, isSecret } = recording;
  const page = draftLoginPage(submit, before, failed, cookies, isSecret);
  const image = captchaAmong(before);
  const captcha: DraftedCaptcha | undefined = page.inlineCaptcha
    ? inlineCaptcha(page.inlineCaptcha.url)
    : image && draftCaptcha(image, page.entry);
  const form = draftFields(submit, {
    page: page.entry,
    hasCaptcha: captcha !== undefined,
    trace: page.trace,
    encrypted: (value) =>
      page.publicKey !== undefined && ENCRYPTED.test(value)
        ? `{{credentials.password | rsa: page.${page.publicKey}}}`
        : undefined,
  });
  const headers = submitHeaders(submit, page.trace, notes);
  // Asked last: what fields and headers named is in it.
  const extract = { ...form.extract, ...captcha?.extract, ...page.extract };
  const needsPage = page.entry && (Object.keys(extract).length > 0 || page.entry.setCookies.length > 0);
  if (!page.entry && Object.keys(extract).length > 0)
    notes.push('The login page itself is not in the recording: set auth.login.page.path.');
  const typed = new Set(submit.fields.map(([, value]) => value).filter((value) => value.length > 2));
  const isTyped = (text: string) => [...typed].some((value) => text.includes(value));
  const definition = {
    ...(needsPage || Object.keys(extract).length > 0
      ? { page: { path: page.entry ? pathOf(page.entry.url) : '/', extract } }
      : {}),
    ...(captcha ? { captcha: captcha.step } : {}),
    submit: {
      path: pathOf(submit.url),
      ...(submit.method === 'PUT' ? { method: 'PUT' as const } : {}),
      body: bodyOf(submit),
      ...(Object.keys(headers).length > 0 ? { headers } : {}),
      fields: form.fields,
    },
    success: draftSuccess(submit, before, notes),
    failures: draftFailures({ submit, failed, page: page.entry }, captcha !== undefined, isTyped),
    ...(Object.keys(session.extract).length > 0 ? { extract: session.extract } : {}),
    ...(session.after.length > 0 ? { after: session.after } : {}),
    ...omitUndefined({ refresh: session.refresh, expiresInSeconds: session.expiresInSeconds }),
  };
  const named = [...JSON.stringify(definition).matchAll(/\{\{credentials\.([\w.-]+)/g)].map(
    ([, name]) => name!,
  );
  return {
    login: { definition, entry: page.entry, constants: form.constants },
    credentials: [...new Set([...form.credentials, ...named])],
    pageNotes: [
      ...form.notes,
      ...warnings(recording, captcha !== undefined, page.publicKey !== undefined),
      ...(captcha?.notes ?? []),
      ...page.notes,
    ],
  };
}

function bodyOf({ postType, posted }: Entry): 'json' | 'form' | 'multipart' {
  if (posted !== undefined || postType.endsWith('json')) return 'json';
  return postType === 'multipart/form-data' ? 'multipart' : 'form';
}

/** The captcha image: by its name, or because it is not a static file. The last one before the form. */
function captchaAmong(before: Entry[]): Entry | undefined {
  const images = before.filter(({ type, status }) => type.startsWith('image/') && status === 200);
  const namedCaptcha = images.filter(({ url }) =>
    /captcha|verif|code|yzm|vcode|rand|valid/i.test(url.pathname),
  );
  const dynamic = images.filter(
    ({ url }) => !/\.(?:png|jpe?g|gif|svg|ico|webp|avif|bmp|css|js)$/i.test(url.pathname),
  );
  return namedCaptcha.at(-1) ?? dynamic.at(-1);
}

/** Tokens of the page and of cookies; what a client says of itself is a credential. */
function submitHeaders(
  submit: Entry,
  trace: (value: string) => string | undefined,
  notes: string[],
): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [header, value] of Object.entries(submit.requestHeaders)) {
    if (/^(?::|cookie$|content-|host$|origin$|referer$|user-agent$|accept)/.test(header) || isData(header))
      continue;
    const template = headerTemplate(value, trace);
    if (template !== undefined) headers[header] = template;
    else if (header === 'x-requested-with' && value === 'XMLHttpRequest') headers[header] = value;
    else if (header === 'authorization' && /^basic /i.test(value)) {
      headers[header] = 'Basic {{credentials.clientBasic}}';
      notes.push('login.submit.headers: clientBasic is what the page sends after "Basic ", in base64.');
    } else if (header === 'authorization' || TOKEN_NAME.test(header)) {
      notes.push(
        `login.submit.headers: ${header} was sent, but where its value comes from is not in the recording.`,
      );
    }
  }
  return headers;
}

function draftCalls({ after, submit }: Recording, session: SessionValues, notes: string[]) {
  const inside = after.filter((entry) => entry.url.pathname !== submit.url.pathname);
  const calls = inside.filter((entry) => isCall(entry) && !session.used.has(entry) && !isLogout(entry));
  const values = new Set(
    [submit, ...after].flatMap((entry) => [
      ...entry.fields.map(([, value]) => value),
      ...idsIn(jsonOf(entry)),
    ]),
  );
  return draftOperations(
    groupsOf(calls, (text) => values.has(text)),
    {
      entries: inside,
      trace: session.trace,
      sessionHeaders: session.sessionHeaders,
      verdict:
        verdictIn(submit) ??
        calls.map(verdictIn).find((verdict) => verdict?.equals === 200 || verdict?.equals === true),
      notes,
    },
  );
}

/** Texts that name a thing or a person: in a path they are no word of the platform. */
function idsIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) =>
    typeof member === 'string' && /id$|no$|code$|slug|key$|user|name$|uuid/i.test(key)
      ? [member]
      : idsIn(member),
  );
}

function pathOf(url: URL): string {
  return literal(url.pathname.replace(/;[^/]*/g, '') + [...url.searchParams].reduce(withoutTimes, ''));
}

/** Query of a recorded address; session ids and times in it would be stale. */
function withoutTimes(query: string, [name, value]: [string, string]): string {
  if (/^\d{10,}$|^0\.\d+$/.test(value) || /token|session|sid|ticket/i.test(name) || isData(value))
    return query;
  return `${query}${query === '' ? '?' : '&'}${encodeURIComponent(name)}=${encodeURIComponent(value)}`;
}

/** Without what could not be applied: a draft that is refused as a whole helps nobody. */
function usable(definition: DefinitionInput, notes: string[]): DefinitionInput {
  try {
    parseDefinition(definition);
    return definition;
  } catch (error) {
    if (!isGatewayError(error, 'VALIDATION_FAILED')) throw error;
    const faults = error.fields ?? [];
    const names = new Set(faults.flatMap(({ field }) => /^operations\.([\w-]+)\./.exec(field)?.[1] ?? []));
    if (names.size === 0) return definition;
    for (const name of names) {
      const fault = faults.find(({ field }) => field.startsWith(`operations.${name}.`))!;
      notes.push(`operations.${name} was left out: ${fault.field} ${fault.message}.`);
    }
    const kept = Object.entries(definition.operations ?? {}).filter(([name]) => !names.has(name));
    return usable({ ...definition, operations: Object.fromEntries(kept) }, notes);
  }
}
