import { pageCharset } from '../../auth/authenticator.ts';
import type { Authentication, BodyFields, Sealing } from '../../auth/strategy.ts';
import { renderFields } from '../../definition/template/fields.ts';
import type { TemplateScope } from '../../definition/template/scope.ts';
import { textPairs } from '../../definition/template/text-pairs.ts';
import { writeBody } from '../../text/body.ts';
import type { CallableService } from '../definition.ts';
import type { RequestShape } from './shape.ts';

export interface RequestBody {
  bytes?: Buffer;
  contentType: string;
  headers?: Record<string, string>;
  /** What it was written from. */
  fields?: BodyFields;
}

/** The body of an operation: its fields, and what authenticates it. `undefined`: it has none. */
export async function bodyOf(
  service: CallableService,
  { body, fields, unnamed, charset }: RequestShape,
  scope: TemplateScope,
  auth: Authentication,
): Promise<RequestBody | undefined> {
  if (body === undefined && !auth.sealing) return undefined;
  const own: Record<string, unknown> = fields ? Object.fromEntries(renderFields(fields, scope)) : unnamed;
  const values = { ...own, ...auth.fields };
  if (auth.sealing) return sealedBody(body !== undefined, JSON.stringify(values), auth.sealing);
  const format = body!;
  const write: BodyFields['write'] = async (all) =>
    format === 'json'
      ? { bytes: Buffer.from(JSON.stringify(all)), contentType: 'application/json' }
      : writeBody(textPairs(Object.entries(all)), { format, charset: charset ?? pageCharset(service) });
  return { ...(await write(values)), fields: { values, format, write } };
}

/** An operation without body has its envelope in the headers alone. */
function sealedBody(hasBody: boolean, plaintext: string, sealing: Sealing): RequestBody {
  const { body, contentType, headers } = sealing.seal(plaintext);
  return hasBody ? { bytes: body, contentType, headers } : { contentType, headers };
}
