/** What a login needs of the answers before it: `login.page`, and the templates that name its values. */
import type { Extractors } from '../../definition/extractor/schema.ts';
import type { Entry } from './har-entries.ts';
import { inputsOf } from './har-fields.ts';
import { freeName, isKey } from './names.ts';
import { jsonOf, SHORTEST_TRACE, sourcesOf } from './sources.ts';
import type { Source } from './sources.ts';
import { cookieNamed } from './cookie-values.ts';
import type { RecordedCookies } from './cookie-values.ts';

export interface LoginPage {
  /** The answer that `login.page` opens. */
  entry: Entry | undefined;
  extract: Extractors;
  /** A template for a value that a cookie or the page has. */
  trace: (value: string) => string | undefined;
  /** A picture that an answer of JSON or the page itself holds. */
  inlineCaptcha: { url: string } | undefined;
  publicKey: string | undefined;
  notes: string[];
}

/** A picture in base64, by its first bytes. */
const PICTURE = /^(?:data:image\/|\/9j\/|iVBORw0|R0lGOD|UklGR)/;
const PUBLIC_KEY = /^(?:-----BEGIN (?:RSA )?PUBLIC KEY-----|MI[GI][\w+/]{100})/;

/**
 * @param before requests before the form, of its origin.
 * @param failed earlier attempts: their answers may hold the form anew.
 */
export function draftLoginPage(
  submit: Entry,
  before: readonly Entry[],
  failed: readonly Entry[],
  cookies: RecordedCookies,
  isSecret: (field: string) => boolean,
): LoginPage {
  const wanted = [...submit.fields.map(([, value]) => value), ...Object.values(submit.requestHeaders)];
  const form = formAmong(before, isSecret);
  const opened = before.filter(({ method, status }) => method === 'GET' && status === 200);
  const useOf = (entry: Entry): number =>
    wanted.filter((value) => value.length >= SHORTEST_TRACE && sourcesOf(entry).has(value)).length +
    (pictureIn(entry) === undefined ? 0 : 1);
  const best = opened
    .filter((entry) => jsonOf(entry) !== undefined)
    .toReversed()
    .sort((a, b) => useOf(b) - useOf(a))[0];
  const entry = best && useOf(best) > (form ? useOf(form) : 0) ? best : form;
  const page: LoginPage = {
    entry,
    extract: {},
    trace: (value) => traced(value) ?? undefined,
    inlineCaptcha: undefined,
    publicKey: undefined,
    notes: [],
  };
  const names = new Map<string, string>();
  const name = (source: Source): string => {
    const key = JSON.stringify(source.extractor);
    const known = names.get(key);
    if (known !== undefined) return known;
    const free = freeName(source.name, (taken) => Object.hasOwn(page.extract, taken));
    names.set(key, free);
    page.extract[free] = source.extractor;
    return free;
  };
  const answers = [...(entry ? [entry] : []), ...failed];

  function traced(value: string): string | undefined {
    if (value.length < SHORTEST_TRACE) return undefined;
    const cookie = cookieNamed(cookies, value);
    if (cookie !== undefined) return cookie;
    const source = answers.map((answer) => sourcesOf(answer).get(value)).find((one) => one !== undefined);
    return source && `{{page.${name(source)}}}`;
  }

  if (entry) {
    const picture = pictureIn(entry);
    if (picture) {
      const template = `{{page.${name(picture.source)}}}`;
      page.inlineCaptcha = {
        url: picture.value.startsWith('data:') ? template : `data:image/png;base64,${template}`,
      };
    }
    const key = [...sourcesOf(entry)].find(([value]) => PUBLIC_KEY.test(value))?.[1];
    if (key) page.publicKey = name(key);
  }
  const elsewhere = opened.filter((each) => each !== entry && each !== form && useOf(each) > 0).at(-1);
  if (elsewhere && entry && useOf(elsewhere) > useOf(entry)) {
    page.notes.push(
      `login.page: ${elsewhere.url.pathname} has values too, but a login opens one page only; check its extract.`,
    );
  }
  return page;
}

/** The page with the password field, or else the last page. */
function formAmong(before: readonly Entry[], isSecret: (field: string) => boolean): Entry | undefined {
  const pages = before.filter(
    ({ method, type, status }) => method === 'GET' && status === 200 && /html/.test(type),
  );
  return pages.findLast((page) => [...inputsOf(page).keys()].some(isSecret)) ?? pages.at(-1);
}

function pictureIn(entry: Entry): { value: string; source: Source } | undefined {
  const json = jsonOf(entry);
  if (json) return pictureAt(json, '');
  const [value, source] =
    [...sourcesOf(entry)].find(([text]) => text.startsWith('data:image/') && text.length > 200) ?? [];
  return value === undefined || !source ? undefined : { value, source };
}

/** Pictures are longer than what counts as a value. */
function pictureAt(value: unknown, pointer: string): { value: string; source: Source } | undefined {
  if (typeof value === 'string') {
    const name = pointer.slice(pointer.lastIndexOf('/') + 1);
    const isPicture = value.length >= 64 && PICTURE.test(value);
    return isPicture && isKey(name) ? { value, source: { name, extractor: { pointer } } } : undefined;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  for (const [key, member] of Object.entries(value)) {
    const found = pictureAt(member, `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`);
    if (found) return found;
  }
  return undefined;
}
