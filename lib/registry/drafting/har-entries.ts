/** A browser's recording (HAR 1.2), as Chrome, Firefox and Safari write it. */
import * as z from 'zod';
import type { Answer } from '../../definition/predicate/answer.ts';
import { readAnswer } from '../../definition/predicate/answer.ts';
import { GatewayError } from '../../runtime/errors.ts';
import { decodeText } from '../../text/charset.ts';
import { recordedBody } from './har-body.ts';
import type { RecordedBody } from './har-body.ts';

const NameValue = z.object({ name: z.string(), value: z.string().catch('') });
const Pairs = z.array(NameValue).catch([]);
const Content = z
  .object({
    mimeType: z.string().catch(''),
    text: z.string().optional().catch(undefined),
    encoding: z.string().optional().catch(undefined),
  })
  .optional()
  .catch(undefined);
type Content = z.infer<typeof Content>;

const Har = z.object({
  log: z.object({
    entries: z.array(
      z.object({
        startedDateTime: z.string().optional().catch(undefined),
        _resourceType: z.string().optional().catch(undefined),
        request: z.object({
          method: z.string(),
          url: z.string(),
          headers: Pairs,
          cookies: Pairs.optional(),
          postData: z
            .object({ mimeType: z.string().catch(''), text: z.string().optional(), params: Pairs.optional() })
            .optional()
            .catch(undefined),
        }),
        response: z.object({ status: z.number(), headers: Pairs, content: Content }),
      }),
    ),
  }),
});
type HarEntry = z.infer<typeof Har>['log']['entries'][number];

/** One request of the recording and its answer. */
export interface Entry extends RecordedBody {
  /** Its place among the requests, by the time they were sent. */
  at: number;
  method: string;
  url: URL;
  /** Lower-case names. */
  requestHeaders: Record<string, string>;
  /** Cookies sent or received, by name. */
  cookies: Record<string, string>;
  setCookies: string[];
  status: number;
  location: string | undefined;
  type: string;
  charset: string | undefined;
  text: string;
  /** By the browser's own account, where it gives one: `xhr`, `fetch`, `document`, `image`, ... */
  resource: string | undefined;
  /** What a definition's extractors and predicates are asked of. */
  answer: Answer;
}

/** @throws GatewayError `VALIDATION_FAILED` for a document that is not a HAR. */
export function readHar(har: unknown): Entry[] {
  const parsed = Har.safeParse(har);
  if (!parsed.success)
    throw new GatewayError('VALIDATION_FAILED', 'This is not a HAR file: log.entries is missing.');
  const { entries } = parsed.data.log;
  const charset = entries.map(pageCharset).find((name) => name !== undefined && name !== 'utf-8');
  return inOrder(entries).flatMap((entry, at) => {
    const url = URL.parse(entry.request.url);
    return url && /^https?:$/.test(url.protocol) ? [entryOf(entry, url, at, charset)] : [];
  });
}

/** Browsers list requests by page, by connection, or as they ended. */
function inOrder(entries: HarEntry[]): HarEntry[] {
  const times = entries.map(({ startedDateTime }) => Date.parse(startedDateTime ?? ''));
  if (times.some(Number.isNaN)) return entries;
  const order = entries.map((entry, at) => ({ entry, time: times[at]! }));
  return order.sort((a, b) => a.time - b.time).map(({ entry }) => entry);
}

function entryOf(
  { request, response, _resourceType: resource }: HarEntry,
  url: URL,
  at: number,
  charset: string | undefined,
): Entry {
  const received = lowerCase(response.headers);
  const setCookies = response.headers
    .filter(({ name }) => name.toLowerCase() === 'set-cookie')
    .flatMap(({ value }) => value.split('\n'));
  const contentType = response.content?.mimeType || received['content-type'] || '';
  const requestHeaders = lowerCase(request.headers);
  const text = textOf(response.content, contentType);
  return {
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
    ...recordedBody(request.postData, charset),
    status: response.status,
    location: received['location'] || undefined,
    type: contentType.split(';')[0]!.trim().toLowerCase(),
    charset: charsetOf(contentType, response.content),
    text,
    resource,
    answer: answerOf(response.status, received, setCookies, text),
  };
}

/** The text is decoded already, whatever the header says. */
function answerOf(
  status: number,
  headers: Record<string, string>,
  setCookies: string[],
  text: string,
): Answer {
  const type = (headers['content-type'] ?? '').split(';')[0]!;
  return readAnswer({
    status,
    headers: { ...headers, 'content-type': `${type}; charset=utf-8` },
    setCookies,
    body: Buffer.from(text),
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

const pageCharset = ({ response: { content } }: HarEntry): string | undefined =>
  content && /html/i.test(content.mimeType) ? charsetOf(content.mimeType, content) : undefined;

function charsetOf(contentType: string, content: Content): string | undefined {
  const encoded = content?.encoding === 'base64';
  // 4,096 bytes, whatever a page in base64 is written in: what names a charset is ASCII.
  const head = encoded
    ? Buffer.from((content.text ?? '').slice(0, 5_464), 'base64').toString('latin1')
    : (content?.text?.slice(0, 4_096) ?? '');
  return (/charset\s*=\s*["']?([\w-]+)/i.exec(contentType) ??
    /<meta\b[^>]{0,200}charset\s*=\s*["']?([\w-]+)/i.exec(head))?.[1]?.toLowerCase();
}

function textOf(content: Content, type: string): string {
  if (content?.text === undefined || /^(?:image|font|audio|video)\//.test(type)) return '';
  return content.encoding === 'base64' ? decodeText(Buffer.from(content.text, 'base64'), type) : content.text;
}
