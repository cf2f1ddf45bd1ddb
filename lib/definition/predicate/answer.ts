import type { UpstreamResponse } from '../../vendors/http/transport.ts';
import { decodeText } from '../../text/charset.ts';

/** A third party's answer, read lazily: decoded and parsed only when asked for. */
export interface Answer {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Record<string, string>;
  /** Each `Set-Cookie` line, as sent. */
  readonly setCookies: readonly string[];
  /** The decoded body's bytes, unchanged. */
  readonly body: Buffer;
  /** The body as text, by the answer's charset, the definition's, or UTF-8. Never throws. */
  text(): string;
  /**
   * The body as JSON, `undefined` when it is not JSON. Numbers are doubles: good enough for decisions, not to
   * pass on.
   */
  json(): unknown;
}

export function readAnswer(
  response: UpstreamResponse,
  { charset }: { charset?: string | undefined } = {},
): Answer {
  const { status, headers, setCookies, body } = response;
  let text: string | undefined;
  let json: { value: unknown } | undefined;
  const readText = () => (text ??= decodeText(body, headers['content-type'], charset));
  return {
    status,
    headers,
    setCookies,
    body,
    text: readText,
    json: () => (json ??= { value: parse(readText()) }).value,
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
