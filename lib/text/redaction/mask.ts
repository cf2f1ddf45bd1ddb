import { isSecretName } from './names.ts';

export const MASK = '***';

/** Tokens recognisable by their form, wherever they stand. Quantifiers are bounded to bound the time. */
const TOKENS: [RegExp, string][] = [
  // JSON Web Token
  [/\beyJ[\w-]{5,2048}\.[\w-]{5,8192}\.[\w-]{0,2048}/g, MASK],
  // API keys of the gateway
  [/\bgh_[\w-]{8,512}/g, `gh_${MASK}`],
  [/\b(Bearer|Basic)\s{1,4}[\w.~+/=-]{6,8192}/gi, `$1 ${MASK}`],
  // AWS access key id
  [/\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/g, MASK],
  // user:password@ in a URL
  [/\/\/[^\s/?#@"'<>]{1,512}@/g, `//${MASK}@`],
];

/** Headers whose whole line is a secret, in a text that holds header lines. */
const HEADER_LINES = /^([ \t>]{0,8}(?:set-cookie2?|cookie|(?:proxy-)?authorization)[ \t]{0,8}:)[^\r\n]*/gim;

/** `name=value`, `"name": "value"`, `密码：value`; an unfinished string counts to the end of the text. */
const PAIR =
  /(["']?)([\w\-.%[\]\u4e00-\u9fff]{1,64})\1(\s{0,8}[:=：]\s{0,8})("(?:[^"\\]|\\.)*(?:"|$)|'[^']*(?:'|$)|[^\s&;,"'<>]+)/g;

/** The PHP envelope of a partner: `data` is only a secret beside its `iv`. */
const ENVELOPE = /["']iv["']\s{0,8}:/;

const INPUT_TAG = /<input\b[^>]{0,2000}>/gi;
const META_TAG = /<meta\b[^>]{0,1000}>/gi;
const META_CONTENT = /(\bcontent\s{0,8}=\s{0,8})("[^"]*"|'[^']*')/gi;
/** Names that carry a secret on a platform's page, beside those of `isSecretName`. */
const PAGE_NAME = /session|ticket|auth/i;
/** Long runs of token letters: ids, hashes, JWTs, when there is a digit in them. */
const RUN = /[A-Za-z0-9_-]{24,}(?:\.[A-Za-z0-9_-]{8,})*=*/g;

export interface MaskOptions {
  /**
   * A platform's page, shown to a person: every input's value and every run that looks like a token is masked,
   * and a label keeps its words ("密码：错误" is no secret; an assignment is).
   */
  page?: boolean;
}

/** Masks secrets in any text: forms, queries, header lines, HTML, broken JSON. Linear in the text's length. */
export function maskText(text: string, { page = false }: MaskOptions = {}): string {
  const envelope = ENVELOPE.test(text);
  const isSecret = (name: string) =>
    isSecretName(name) || (page && PAGE_NAME.test(name)) || (envelope && /^(?:data|iv|sign)$/.test(name));
  const isLabel = (value: string) => page && /^\p{Script=Han}/u.test(value);
  let masked = text.replace(HEADER_LINES, `$1 ${MASK}`);
  if (/<input/i.test(masked)) masked = masked.replace(INPUT_TAG, (tag) => maskInput(tag, page));
  if (page) masked = masked.replace(META_TAG, maskMeta);
  masked = masked.replace(PAIR, (whole, quote: string, name: string, sign: string, value: string) =>
    isSecret(name) && !isHarmless(value) && !isLabel(value)
      ? `${quote}${name}${quote}${sign}${maskValue(value)}`
      : whole,
  );
  if (page) masked = masked.replace(RUN, (run) => (/\d/.test(run) ? MASK : run));
  return maskTokens(masked);
}

export function maskTokens(text: string): string {
  return TOKENS.reduce((masked, [form, replacement]) => masked.replace(form, replacement), text);
}

/** Keeps the quotes, so that what was JSON still looks like it. */
function maskValue(value: string): string {
  const quote = value.startsWith('"') ? '"' : value.startsWith("'") ? "'" : '';
  return `${quote}${MASK}${quote}`;
}

/** `"password": null` is not secret. */
function isHarmless(value: string): boolean {
  return /^(?:true|false|null|""|''|\*\*\*)$/.test(value);
}

/** `<input name="csrf" value="...">`: the name says what the value is. */
function maskInput(tag: string, always: boolean): string {
  const name = /\bname\s{0,8}=\s{0,8}["']?([^"'\s>]{1,64})/i.exec(tag)?.[1] ?? '';
  const hidden = /\btype\s{0,8}=\s{0,8}["']?(?:password|hidden)/i.test(tag);
  if (!always && !hidden && !isSecretName(name)) return tag;
  return tag.replace(
    /(\bvalue\s{0,8}=\s{0,8})("[^"]*"|'[^']*'|[^\s>]+)/i,
    (_, head: string, value: string) => head + maskValue(value),
  );
}

/** `<meta name="csrf-token" content="...">` */
function maskMeta(tag: string): string {
  return /csrf|token/i.test(tag) ? tag.replace(META_CONTENT, `$1"${MASK}"`) : tag;
}
