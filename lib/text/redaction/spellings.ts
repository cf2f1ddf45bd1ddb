import { createHash } from 'node:crypto';

/**
 * The forms in which a known value may appear in a third party's text: as it is, percent-encoded, in HTML, in JSON
 * (PHP's too), in base64 and hex, as an MD5 or SHA digest. Charsets other than UTF-8: `page-redactor.ts`.
 */
export function spellingsOf(value: string): string[] {
  const bytes = Buffer.from(value, 'utf8');
  const percent = encodeURIComponent(value.toWellFormed());
  const html = value
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
  const json = JSON.stringify(value).slice(1, -1);
  const phpJson = json
    .replaceAll('/', '\\/')
    .replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  const digest = (algorithm: string) => createHash(algorithm).update(bytes).digest('hex');
  return [
    ...new Set([
      value,
      percent,
      percent.replaceAll('%20', '+'),
      percent.toLowerCase(),
      html,
      html.replaceAll("'", '&#39;'),
      html.replaceAll("'", '&#039;'),
      json,
      json.replaceAll('/', '\\/'),
      phpJson,
      bytes.toString('base64'),
      bytes.toString('base64url'),
      bytes.toString('hex'),
      bytes.toString('hex').toUpperCase(),
      digest('md5'),
      digest('sha1'),
      digest('sha256'),
    ]),
  ];
}

/**
 * What base64 of any text has in it that has the value in it, wherever it stands there: `user:password` of `Basic`,
 * a whole request. The letters that depend on the value alone, for each of its three positions in a group.
 */
export function insideBase64(value: string): string[] {
  const cores = [0, 1, 2].map((before) => {
    const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(value, 'utf8')]);
    const letters = bytes.toString('base64');
    return letters.slice(Math.ceil((before * 8) / 6), Math.floor((bytes.length * 8) / 6));
  });
  return [...new Set([...cores, ...cores.map((core) => core.replaceAll('+', '-').replaceAll('/', '_'))])];
}

/** Sources of patterns as one: longest first, so that a longer value is masked as a whole. */
export function anyOf(literals: Iterable<string>, patterns: Iterable<string>, flags: string): RegExp {
  const longestFirst = (texts: Iterable<string>) => [...new Set(texts)].sort((a, b) => b.length - a.length);
  const escaped = longestFirst(literals).map((text) => RegExp.escape(text));
  return new RegExp([...longestFirst(patterns), ...escaped].join('|'), flags);
}
