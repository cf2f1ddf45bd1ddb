/** A partner that signs what it sends with a digest: where it stands and what it covers is the definition's. */
import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { sortedParams } from '../../definition/signing/sorted-params.ts';
import { isKeyed, signatureOf } from '../../definition/signing/signature.ts';
import { missingNames, namesIn, renderText } from '../../definition/template/render.ts';
import type { TemplateScope } from '../../definition/template/scope.ts';
import { once } from '../../runtime/once.ts';
import { ExactNumber } from '../../text/json/exact.ts';
import { valueAt } from '../../text/json/value.ts';
import { readBody, without } from '../body.ts';
import type { ReadBody } from '../body.ts';
import { isObject } from '../payload.ts';
import { verifier } from '../protocol.ts';
import type { PartnerRequest } from '../protocol.ts';
import { RequestRejected } from '../rejected.ts';
import { MAX_SIGNATURES, signerOf, usableVersions } from '../signer.ts';
import { refuseOutside, secondsOf } from '../window.ts';
import { SignedSchema } from './schema.ts';
import type { SignedConfig } from './schema.ts';

export const signed = verifier({
  schema: SignedSchema,
  credentials: [],
  namedCredentials: credentialsOf,

  read(request, config) {
    // A message is text: bytes that are none would be signed as something else than what came.
    if (!isUtf8(request.body)) throw malformed();
    const body = once(() => readBody(request) ?? reject());
    const given = signaturesIn(request, config, body);
    const timestamp = config.timestamp && timestampIn(request, config.timestamp, body);
    const left = unsignedNames(config);
    const scope = scopeOf(request, body, left, timestamp);
    if (missingNames(config.message, scope).some((name) => name.startsWith('header.'))) throw malformed();
    return {
      given,
      scope,
      sentAt: config.timestamp && secondsOf(timestamp),
      // What the signature leaves out, nobody vouches for.
      payload: left.size > 0 ? without(body().payload, left) : undefined,
    };
  },

  verify(
    { given, scope, sentAt, payload },
    { code, versions, nowSeconds, windowSeconds, settings = {} },
    config,
  ) {
    if (sentAt !== undefined) {
      refuseOutside(sentAt, { nowSeconds, windowSeconds: config.windowSeconds ?? windowSeconds });
    }
    const { algorithm, encoding } = config;
    const messageFor = (credentials: Record<string, string>) =>
      renderText(config.message, { ...scope, credentials, settings }, 'none');
    const signer = signerOf(usableVersions(code, versions, credentialsOf(config)), given, ({ values }) =>
      unified(signatureOf(messageFor(values), values[SECRET] ?? '', algorithm, encoding), config),
    );
    return {
      keyVersionId: signer.versionId,
      ...(sentAt === undefined ? {} : { sentAt }),
      ...(payload === undefined ? {} : { payload }),
      // Of what was signed: how the signature is written is not part of it.
      id: createHash('sha256').update(messageFor(signer.values)).digest('hex'),
    };
  },
});

const SECRET = 'webhookSecret';

/** Those that the message names, and the key. */
function credentialsOf({ algorithm, message }: SignedConfig): string[] {
  const named = namesIn(message).flatMap(({ root, path, optional }) =>
    root === 'credentials' && !optional ? path : [],
  );
  return [...new Set([...(isKeyed(algorithm) ? [SECRET] : []), ...named])];
}

const malformed = () => new RequestRejected('MALFORMED');
const reject = (): never => {
  throw malformed();
};

type Body = () => ReadBody;

function signaturesIn({ headers }: PartnerRequest, config: SignedConfig, body: Body): string[] {
  const given =
    config.header === undefined
      ? body()
          .pairs()
          .flatMap(([name, text]) => (name === config.field ? [text] : []))
      : listed(headers[config.header.toLowerCase()], config.prefix);
  // A field that comes several times is no list: which one would be left out of the message?
  const most = config.header === undefined ? 1 : MAX_SIGNATURES;
  if (given.length === 0 || given.length > most) throw malformed();
  return given.map((text) => unified(text, config));
}

/** Hex digits have no case. */
const unified = (signature: string, { encoding }: SignedConfig): string =>
  encoding === 'hex' || encoding === 'HEX' ? signature.toLowerCase() : signature;

/** The items of a header with this prefix, without it: `t=1,v1=ab,v1=cd`. */
const listed = (header = '', prefix = ''): string[] =>
  header
    .split(/[\s,;]+/)
    .filter((item) => item.length > prefix.length && item.startsWith(prefix))
    .map((item) => item.slice(prefix.length));

/** @returns `undefined`: there is none. @throws RequestRejected where there are several. */
function timestampIn(
  { headers }: PartnerRequest,
  timestamp: NonNullable<SignedConfig['timestamp']>,
  body: Body,
): string | undefined {
  if ('pointer' in timestamp) {
    const value = valueAt(body().payload, timestamp.pointer);
    return value instanceof ExactNumber ? value.source : typeof value === 'string' ? value : undefined;
  }
  const found = listed(headers[timestamp.header.toLowerCase()], timestamp.prefix);
  if (found.length > 1) throw malformed();
  return found[0];
}

const unsignedNames = ({ field, unsigned }: SignedConfig): ReadonlySet<string> =>
  new Set([...(field === undefined ? [] : [field]), ...unsigned]);

function scopeOf(
  { headers, body: bytes, target: { path, query } = { path: '', query: '' } }: PartnerRequest,
  body: Body,
  left: ReadonlySet<string>,
  timestamp: string | undefined,
): TemplateScope {
  return {
    header: headers,
    request: {
      method: 'POST',
      path,
      query,
      body: bytes.toString('utf8'),
      get sortedParams() {
        const read = body();
        // Of a list nothing would be signed.
        return isObject(read.payload) ? sortedParams(read.pairs(), left) : reject();
      },
      timestamp,
    },
  };
}
