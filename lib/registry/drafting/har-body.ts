/** What a recorded request has posted. */
import { isUtf8 } from 'node:buffer';

export interface RecordedBody {
  /** Type of what was posted, without parameters. */
  postType: string;
  /** What was posted, name by name; nested JSON by its path: `user.name`. */
  fields: [string, string][];
  /** The posted JSON; `undefined`: it was none. */
  posted: unknown;
}

interface PostData {
  mimeType: string;
  text?: string | undefined;
  params?: { name: string; value: string }[] | undefined;
}

/** @param charset of the recorded pages: forms are sent in it. */
export function recordedBody(data: PostData | undefined, charset: string | undefined): RecordedBody {
  const mimeType = data?.mimeType ?? '';
  const postType = mimeType.split(';')[0]!.trim().toLowerCase();
  if (!data) return { postType, fields: [], posted: undefined };
  const { text = '', params = [] } = data;
  if (postType.endsWith('json') || (postType === 'text/plain' && /^\s*[[{]/.test(text))) {
    const posted = parsed(text);
    return { postType, fields: leavesOf(posted), posted };
  }
  const parts = postType === 'multipart/form-data' ? partsOf(mimeType, text) : [];
  if (parts.length > 0) return { postType, fields: parts, posted: undefined };
  if (params.length > 0) {
    const decode = (each: string) => decoded(each, charset);
    const fields = params.map(({ name, value }): [string, string] => [decode(name), decode(value)]);
    return { postType, fields, posted: undefined };
  }
  return { postType, fields: formFields(text, charset), posted: undefined };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Of JSON that is no object. */
export const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** Texts, numbers and flags of nested JSON, by their path. */
function leavesOf(value: unknown, path = ''): [string, string][] {
  if (typeof value !== 'object') return value === undefined || path === '' ? [] : [[path, textOf(value)]];
  if (value === null) return [[path, '']];
  return Object.entries(value).flatMap(([name, member]) =>
    leavesOf(member, path === '' ? name : `${path}.${name}`),
  );
}

function formFields(text: string, charset: string | undefined): [string, string][] {
  return text
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const at = pair.includes('=') ? pair.indexOf('=') : pair.length;
      return [decoded(pair.slice(0, at), charset), decoded(pair.slice(at + 1), charset)];
    });
}

/** RFC 7578. Files are left out: a definition has no field for them. */
function partsOf(mimeType: string, text: string): [string, string][] {
  const boundary = /boundary="?([^";]+)"?/i.exec(mimeType)?.[1];
  if (boundary === undefined) return [];
  return text.split(`--${boundary}`).flatMap((part): [string, string][] => {
    const [head = '', ...body] = part.split(/\r?\n\r?\n/);
    const name = /\bname="([^"]*)"/i.exec(head)?.[1];
    if (name === undefined || /\bfilename=/i.test(head)) return [];
    return [[name, body.join('\n\n').replace(/\r?\n$/, '')]];
  });
}

/** Chromium writes `params` still encoded, Firefox does not; bytes that are no UTF-8 are in the pages' charset. */
function decoded(text: string, charset: string | undefined): string {
  if (!/%[0-9a-f]{2}|\+/i.test(text)) return text;
  if (!/^[\x20-\x7e]*$/.test(text)) return text;
  const bytes = Buffer.from(
    text
      .replaceAll('+', ' ')
      .replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  );
  return new TextDecoder(isUtf8(bytes) ? 'utf-8' : decoderLabel(charset)).decode(bytes);
}

function decoderLabel(charset: string | undefined): string {
  try {
    return new TextDecoder(charset ?? 'gbk').encoding;
  } catch {
    return 'gbk';
  }
}
