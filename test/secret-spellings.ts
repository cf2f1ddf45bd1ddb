/** How platforms write down what they were sent, and whether somebody with a little patience reads it again. */
const everyCharacter = (text: string, escape: (code: number) => string) =>
  Array.from(text, (character) => escape(character.charCodeAt(0))).join('');
const hex = (code: number, digits: number) => code.toString(16).padStart(digits, '0');
const NAMES: Record<string, string> = { '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot', "'": '#39' };
const html = (text: string) => text.replace(/[&<>"']/g, (character) => `&${NAMES[character]};`);

export const SPELLINGS: Record<string, (secret: string) => string> = {
  plain: (s) => s,
  'percent-encoded': (s) => encodeURIComponent(s),
  'percent-encoded, every letter, lower case': (s) => everyCharacter(s, (c) => `%${hex(c, 2)}`),
  'percent-encoded twice': (s) => encodeURIComponent(encodeURIComponent(s)),
  HTML: html,
  'HTML, decimal references': (s) => everyCharacter(s, (c) => `&#${c};`),
  'HTML, hexadecimal references without end': (s) => everyCharacter(s, (c) => `&#x${hex(c, 4)};`),
  'HTML twice': (s) => html(html(s)),
  JSON: (s) => JSON.stringify(s).slice(1, -1),
  "JSON with PHP's slashes": (s) => JSON.stringify(s).slice(1, -1).replaceAll('/', '\\/'),
  'JSON, every letter': (s) => everyCharacter(s, (c) => `\\u${hex(c, 4)}`),
  'JSON within JSON': (s) => JSON.stringify(JSON.stringify(s).replaceAll('/', '\\/')).slice(1, -1),
  'JavaScript, every letter': (s) => everyCharacter(s, (c) => `\\x${hex(c, 2)}`),
  'hexadecimal digits': (s) => Buffer.from(s).toString('hex'),
  'hexadecimal digits, upper case': (s) => Buffer.from(s).toString('hex').toUpperCase(),
  base64: (s) => Buffer.from(s).toString('base64'),
  base64url: (s) => Buffer.from(s).toString('base64url'),
  'base64 with something before it': (s) => Buffer.from(`user:${s}`).toString('base64'),
  'base64 in a dump': (s) => Buffer.from(`GET / HTTP/1.1\r\nx-key: ${s}\r\n\r\n`).toString('base64'),
  mixed: (s) =>
    Array.from(s, (character, i) => {
      const code = character.charCodeAt(0);
      const all = [character, `%${hex(code, 2)}`, `&#${code};`, `\\u${hex(code, 4)}`, `&#x${hex(code, 2)};`];
      return all[i % all.length];
    }).join(''),
};

const UNDO: ((text: string) => string)[] = [
  (text) =>
    text.replace(/%([0-9a-f]{2})/gi, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16))),
  (text) =>
    text.replace(/\\+[ux]([0-9a-f]{4}|[0-9a-f]{2})/gi, (_, digits: string) =>
      String.fromCharCode(Number.parseInt(digits, 16)),
    ),
  (text) =>
    text.replace(/&#x([0-9a-f]+);?/gi, (_, digits: string) =>
      String.fromCharCode(Number.parseInt(digits, 16)),
    ),
  (text) => text.replace(/&#(\d+);?/g, (_, digits: string) => String.fromCharCode(Number(digits))),
  (text) =>
    text.replace(
      /&(amp|lt|gt|quot);/g,
      (_, name: string) => ({ amp: '&', lt: '<', gt: '>', quot: '"' })[name]!,
    ),
  (text) => text.replace(/\\(.)/g, '$1'),
];

/** Does a text give the secret away, or a run of its characters? Undoes escapes in any order, and base64 and hex. */
export function reads(text: string, secret: string, run = 8): boolean {
  const runs = Array.from({ length: secret.length - run + 1 }, (_, at) => secret.slice(at, at + run));
  const views = new Set([text]);
  for (const piece of text.match(/[\w+/-]{8,}/g) ?? []) {
    for (const shift of [0, 1, 2, 3]) views.add(Buffer.from(piece.slice(shift), 'base64').toString('latin1'));
    if (/^[0-9a-f]+$/i.test(piece)) views.add(Buffer.from(piece, 'hex').toString('latin1'));
  }
  for (const view of views) {
    if (runs.some((part) => view.includes(part))) return true;
    for (const undo of views.size < 300 ? UNDO : []) {
      const undone = undo(view);
      if (undone !== view) views.add(undone);
    }
  }
  return false;
}
