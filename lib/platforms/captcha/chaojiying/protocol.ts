/** Chaojiying's three calls on the wire (SPEC 5): how requests are written, how answers are read. */
import * as z from 'zod';
import type { Credentials } from '../../../access/credentials/credentials.ts';
import { GatewayError } from '../../../runtime/errors.ts';
import type { UpstreamResponse } from '../../../vendors/http/transport.ts';
import type { CaptchaChallenge } from '../solver.ts';
import { accountFields } from './account.ts';

/** `err_no` as text; `0` is success. Ids are text: 19 digits do not fit a double. */
export interface ChaojiyingAnswer {
  errNo: string;
  errStr: string;
  picId: string;
  picStr: string;
  tifen: number | undefined;
}

export interface WireBody {
  contentType: string;
  body: Buffer;
}

/** The multipart body of any of the three calls: the account's fields, then what is the call's own. */
export async function writeBody(
  code: string,
  credentials: Credentials,
  fields: Record<string, string>,
  challenge?: CaptchaChallenge,
): Promise<WireBody> {
  const form = new FormData();
  for (const [name, value] of Object.entries({ ...accountFields(code, credentials), ...fields })) {
    form.set(name, value);
  }
  if (challenge) {
    const file = new Blob([new Uint8Array(challenge.image)], { type: challenge.contentType });
    form.set('userfile', file, `captcha.${extensionOf(challenge.contentType)}`);
  }
  const wire = new Response(form);
  return {
    contentType: wire.headers.get('content-type') ?? 'multipart/form-data',
    body: Buffer.from(await wire.arrayBuffer()),
  };
}

function extensionOf(contentType: string): string {
  return /^image\/(png|gif|bmp|webp)/.exec(contentType)?.[1] ?? 'jpg';
}

const Text = z.union([z.string(), z.number().transform(String)]);
const Reply = z.object({
  err_no: Text.pipe(z.string().regex(/^-?\d{1,9}$/)),
  err_str: Text.catch(''),
  pic_id: Text.catch(''),
  pic_str: Text.catch(''),
  tifen: z.coerce.number().optional().catch(undefined),
});

/**
 * Reads an answer. Rejects anything else (417 pages, HTML, truncated JSON) as `PLATFORM_UNAVAILABLE` with
 * `internal.cause: 'protocol'`.
 */
export function readReply(response: UpstreamResponse): ChaojiyingAnswer {
  if (response.status !== 200) throw malformed(`HTTP ${response.status}`);
  const parsed = Reply.safeParse(parseExactly(response.body.toString('utf8').replace(/^\uFEFF/, '')));
  if (!parsed.success) throw malformed('not the JSON it documents');
  const { err_no: errNo, err_str: errStr, pic_id: picId, pic_str: picStr, tifen } = parsed.data;
  return { errNo, errStr, picId, picStr: picStr.trim(), tifen };
}

function malformed(what: string): GatewayError {
  return new GatewayError('PLATFORM_UNAVAILABLE', `The captcha service answered ${what}.`, {
    internal: { cause: 'protocol' },
  });
}

/** ES2025's source text access, which the type library does not know yet. */
type ParseWithSource = (
  text: string,
  reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
) => unknown;

/** JSON whose large whole numbers become text as they were sent: a double would change the last digits. */
function parseExactly(text: string): unknown {
  try {
    return (JSON.parse as ParseWithSource)(text, (_key, value, { source }) =>
      typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(source ?? '')
        ? source
        : value,
    );
  } catch {
    return undefined;
  }
}
