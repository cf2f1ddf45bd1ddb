/** A browser's recording (HAR 1.2), as far as drafting a recipe needs it. */
import * as z from 'zod';
import { GatewayError } from '../../runtime/errors.ts';
import { decodeText } from '../../text/charset.ts';

const NameValue = z.object({ name: z.string(), value: z.string().catch('') });
const Pairs = z.array(NameValue).catch([]);

const Har = z.object({
  log: z.object({
    entries: z.array(
      z.object({
        request: z.object({
          method: z.string(),
          url: z.string(),
          headers: Pairs,
          cookies: Pairs.optional(),
          postData: z
            .object({ mimeType: z.string().catch(''), text: z.string().optional(), params: Pairs.optional() })
            .optional(),
        }),
        response: z.object({
          status: z.number(),
          headers: Pairs,
          content: z
            .object({
              mimeType: z.string().catch(''),
              text: z.string().optional(),
              encoding: z.string().optional(),
            })
            .optional(),
        }),
      }),
    ),
  }),
});

/** One request of the recording and its answer. */
export interface Entry {
  /** Its index in the recording. */
  at: number;
  method: string;
  url: URL;
  /** Lower-case names. */
  requestHeaders: Record<string, string>;
  /** Cookies sent or received, by name. */
  cookies: Record<string, string>;
  setCookies: string[];
  /** Type of what was posted, without parameters. */
  postType: string;
  /** What was posted, flat. */
  fields: [string, string][];
  status: number;
  location: string | undefined;
  type: string;
  charset: string | undefined;
  text: string;
}

/** @throws GatewayError `VALIDATION_FAILED` for a document that is not a HAR. */
export function readHar(har: unknown): Entry[] {
  const parsed = Har.safeParse(har);
  if (!parsed.success)
    throw new GatewayError('VALIDATION_FAILED', 'This is not a HAR file: log.entries is missing.');
  return parsed.data.log.entries.flatMap(({ request, response }, at) => {
    const url = URL.parse(request.url);
    if (!url || !/^https?:$/.test(url.protocol)) return [];
    const { postData } = request;
    const received = lowerCase(response.headers);
    const setCookies = response.headers
      .filter(({ name }) => name.toLowerCase() === 'set-cookie')
      .flatMap(({ value }) => value.split('\n'));
    const contentType = response.content?.mimeType || received['content-type'] || '';
    const requestHeaders = lowerCase(request.headers);
    const postType = (postData?.mimeType ?? '').split(';')[0]!.trim().toLowerCase();
    return [
      {
        at,
        method: request.method.toUpperCase(),
        url,
        requestHeaders,
        cookies: {
          ...pairs(requestHeaders['cookie'] ?? '', ';'),
          ...Object.fromEntries((request.cookies ?? []).map(({ name, value }) => [name, value])),
          ...Object.assign({}, ...setCookies.map((line) => pairs(line.split(';')[0]!, ';'))),
        },
        setCookies,
        postType,
        fields: postData ? fieldsOf(postType, postData.text, postData.params) : [],
        status: response.status,
        location: received['location'],
        type: contentType.split(';')[0]!.trim().toLowerCase(),
        charset: charsetOf(contentType, response.content?.text),
        text: textOf(response.content, contentType),
      },
    ];
  });
}

function lowerCase(headers: { name: string; value: string }[]): Record<string, string> {
  return Object.fromEntries(headers.map(({ name, value }) => [name.toLowerCase(), value]));
}

function pairs(text: string, separator: string): Record<string, string> {
  return Object.fromEntries(
    text
      .split(separator)
      .filter((pair) => pair.includes('='))
      .map((pair) => [pair.slice(0, pair.indexOf('=')).trim(), pair.slice(pair.indexOf('=') + 1).trim()]),
  );
}

function fieldsOf(
  type: string,
  text: string | undefined,
  params: { name: string; value: string }[] | undefined,
): [string, string][] {
  if (type.endsWith('json')) return jsonFields(text ?? '');
  if (params && params.length > 0) return params.map(({ name, value }) => [decoded(name), decoded(value)]);
  return [...new URLSearchParams(text ?? '')];
}

function jsonFields(text: string): [string, string][] {
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body !== 'object' || body === null) return [];
    return Object.entries(body).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]);
  } catch {
    return [];
  }
}

/** Chromium writes `params` still encoded, Firefox does not. */
function decoded(text: string): string {
  if (!/%[0-9a-f]{2}/i.test(text)) return text;
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}

function charsetOf(contentType: string, text: string | undefined): string | undefined {
  return (/charset\s*=\s*["']?([\w-]+)/i.exec(contentType) ??
    /<meta\b[^>]{0,200}charset\s*=\s*["']?([\w-]+)/i.exec(text?.slice(0, 4_096) ?? ''))?.[1]?.toLowerCase();
}

function textOf(
  content: { text?: string | undefined; encoding?: string | undefined } | undefined,
  type: string,
): string {
  if (content?.text === undefined || type.startsWith('image/')) return '';
  return content.encoding === 'base64' ? decodeText(Buffer.from(content.text, 'base64'), type) : content.text;
}
