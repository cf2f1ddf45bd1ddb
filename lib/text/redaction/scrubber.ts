import { createHash } from 'node:crypto';
import { decodeText } from '../charset.ts';
import { encodeForm } from '../form.ts';
import { mixedSpelling } from './mixed-spelling.ts';

const HIDDEN = '[redacted]';
/** No more of a text than this is looked at, and so shown, characters. */
const LOOKED_AT = 16_384;
const EDGE = 2_048;

/**
 * Takes secrets out of text that a person will see: the values it was taught, in every spelling a page may
 * show them in, and what looks like a token wherever it stands.
 */
export interface Scrubber {
  /** From now on these values are hidden. Empty ones are ignored. */
  learn(values: Iterable<string>): void;
  /** @param maxLength characters kept, cut after redaction so that no secret is cut in half and missed. */
  scrub(text: string, maxLength?: number): string;
}

export function createScrubber(charset?: string): Scrubber {
  const known = new Set<string>();
  /** Patterns for values that a page may write in a mixture of escapes. */
  const mixed = new Set<string>();
  let pattern: RegExp | undefined;
  return {
    learn: (values) => {
      for (const value of values) {
        if (value === '' || known.has(value)) continue;
        for (const spelling of spellings(value, charset)) known.add(spelling);
        // Plain ASCII is escaped as a whole or not at all; the spellings above have that.
        if (/[^\x20-\x7e]/.test(value)) mixed.add(mixedSpelling(value, charset));
        pattern = undefined;
      }
    },
    scrub: (text, maxLength = LOOKED_AT) => {
      if (known.size > 0) pattern ??= anyOf(known, mixed);
      const head = text.slice(0, LOOKED_AT);
      const clean = hideTokens(pattern ? head.replace(pattern, HIDDEN) : head);
      // What was cut may have cut a secret in half, past recognition: its end does not show.
      const whole = head.length < text.length ? clean.slice(0, -EDGE) : clean;
      return whole.length > maxLength ? `${whole.slice(0, maxLength)}…` : whole;
    },
  };
}

/** As it is, percent-encoded (also in the page's charset), in HTML, in JSON, in base64, as an MD5 or SHA digest. */
function spellings(value: string, charset: string | undefined): Set<string> {
  const html = value
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
  const json = JSON.stringify(value).slice(1, -1);
  const phpJson = json
    .replaceAll('/', '\\/')
    .replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  const form = encodeForm([['', value]]).slice(1);
  const ownForm = encodeForm([['', value]], charset).slice(1);
  const digest = (algorithm: string) => createHash(algorithm).update(value).digest('hex');
  return new Set([
    value,
    encodeURIComponent(value.toWellFormed()),
    form,
    form.replaceAll('+', '%20'),
    ownForm,
    ownForm.replaceAll('+', '%20'),
    html,
    html.replaceAll("'", '&#39;'),
    html.replaceAll("'", '&#039;'),
    json,
    phpJson,
    Buffer.from(value).toString('base64'),
    digest('md5'),
    digest('sha1'),
    digest('sha256'),
    ...garbled(value, charset),
  ]);
}

/** Shorter runs of ASCII in a garbled value tell nothing and stand everywhere. */
const SHORTEST_RUN = 4;

/** How a value with characters beyond ASCII looks on a page read in another charset than it was written in. */
function garbled(value: string, charset: string | undefined): string[] {
  const runs = value.match(/[\x20-\x7e]+/g) ?? [];
  if (runs[0] === value) return [];
  const misread = charset === undefined ? [] : [decodeText(Buffer.from(value), undefined, charset)];
  // Misreading swallows neighbours, so the whole may not be found: its readable parts are.
  return [...misread, ...runs.filter((run) => run.length >= SHORTEST_RUN)];
}

/** One pattern, longest first: a value inside a longer one does not leave the rest of it standing. */
function anyOf(values: Set<string>, patterns: Set<string>): RegExp {
  const escaped = [...values]
    .sort((a, b) => b.length - a.length)
    .map((value) => value.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'));
  const longestFirst = [...patterns].sort((a, b) => b.length - a.length);
  return new RegExp([...longestFirst, ...escaped].join('|'), 'giu');
}

const QUOTED = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/.source;
const INPUT = /<input\b[^>]{0,1000}>/gi;
const INPUT_VALUE = new RegExp(`(\\bvalue\\s*=\\s*)(?:${QUOTED}|[^\\s>]+)`, 'gi');
const META = /<meta\b[^>]{0,1000}>/gi;
const META_CONTENT = new RegExp(`(\\bcontent\\s*=\\s*)(?:${QUOTED})`, 'gi');
const SECRET_NAME =
  /(?:token|csrf|xsrf|secret|passw(?:or)?d|passwd|pwd|session|sess?id|cookie|auth(?:orization)?|api_?key|jwt|ticket|signature|密码)[\w.-]{0,40}/
    .source;
/** `name=value`, `"name": "value"`. What stands before the telling part of a name does not matter. */
const NAMED = new RegExp(`(${SECRET_NAME}["']?\\s*[=:]\\s*)(${QUOTED}|[^\\s"'<>&;,)}]+)`, 'giu');
/** Long runs of token letters: ids, hashes, JWTs, when there is a digit in them. */
const RUN = /[A-Za-z0-9_-]{24,}(?:\.[A-Za-z0-9_-]{8,})*=*/g;

function hideTokens(text: string): string {
  return text
    .replace(INPUT, (tag) => tag.replace(INPUT_VALUE, `$1"${HIDDEN}"`))
    .replace(META, (tag) => (/csrf|token/i.test(tag) ? tag.replace(META_CONTENT, `$1"${HIDDEN}"`) : tag))
    .replace(NAMED, (_all, name: string, value: string) =>
      // A label ("密码：错误") is no secret; an assignment is.
      /^\p{Script=Han}/u.test(value) ? `${name}${value}` : `${name}${quoted(value)}`,
    )
    .replace(RUN, (run) => (/\d/.test(run) ? HIDDEN : run));
}

function quoted(value: string): string {
  const quote = /^["']/.exec(value)?.[0] ?? '';
  return `${quote}${HIDDEN}${quote}`;
}
