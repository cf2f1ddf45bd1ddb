import { isUtf8 } from 'node:buffer';
import * as z from 'zod';
import { RequestSecrets } from '../access/credentials/values.ts';
import { Fields, HeaderTemplates, Template } from '../definition/fields.ts';
import { ALGORITHMS, ENCODINGS, isKeyed, signatureOf } from '../definition/signing/signature.ts';
import { renderFields, templatesIn } from '../definition/template/fields.ts';
import type { FieldValue } from '../definition/template/fields.ts';
import { headerName, renderHeaders } from '../definition/template/headers.ts';
import { namesIn, renderText } from '../definition/template/render.ts';
import { momentOf, randomValues } from '../definition/template/scope.ts';
import type { TemplateScope } from '../definition/template/scope.ts';
import { textPairs } from '../definition/template/text-pairs.ts';
import { GatewayError } from '../runtime/errors.ts';
import { withOwnQuery } from '../text/own-query.ts';
import { credentialTemplates } from './credential-templates.ts';
import { REFUSAL_FIELDS } from './refusal.ts';
import { requestParts } from './signed-request/request-parts.ts';
import { strategy } from './strategy.ts';
import type { WireRequest } from './strategy.ts';

const SignedRequestAuth = z
  .strictObject({
    type: z.literal('SIGNED_REQUEST'),
    algorithm: z
      .enum(ALGORITHMS)
      .describe(
        'With `hmac-` keyed by `key`; without, a digest of the message, which then holds the secret.',
      ),
    encoding: z.enum(ENCODINGS).default('hex').describe('How the signature is written; `HEX` in capitals.'),
    key: Template.optional().describe('Of an `hmac-`: a template over credentials and settings.'),
    message: Template.min(1).describe(
      'What is signed: a template over the request, the time and random values, credentials and settings.',
    ),
    headers: HeaderTemplates.default({}).describe(
      'Headers to add; they may name `{{signature}}`, and what the message may name.',
    ),
    query: Fields.default({}).describe(
      'Query parameters to add. Those that name `{{signature}}` are no part of what is signed.',
    ),
    fields: Fields.default({}).describe(
      'Fields to add to the body; where a request has none, to the query. Those that name `{{signature}}` are no part of what is signed.',
    ),
    ...REFUSAL_FIELDS,
  })
  .refine(({ algorithm, key }) => isKeyed(algorithm) === (key !== undefined), {
    path: ['key'],
    message: 'must be given for an algorithm that begins with "hmac-", and for no other',
  })
  .refine(({ headers, query, fields }) => [headers, query, fields].some(namesSignature), {
    path: ['message'],
    message: 'is signed for nothing: {{signature}} stands in none of headers, query and fields',
  });
type SignedRequestAuth = z.output<typeof SignedRequestAuth>;

/** A digest over a message that the definition describes: most Chinese partners, exchanges, webhooks' other end. */
export const signedRequest = strategy({
  schema: SignedRequestAuth,
  signs: ({ message }) => message,
  async authenticate(service, _options, deps) {
    const { auth, settings } = service.definition;
    const { values, secrets } = await credentialTemplates(service, deps);
    const signer = signerOf(auth);
    const named = { credentials: values, settings };
    return {
      // Whatever a caller of the raw proxy sends under these names is not sent.
      headers: Object.fromEntries(signer.headerNames(named).map((name) => [name, ''])),
      secrets,
      async sign(request) {
        const derived = new RequestSecrets(values);
        const scope = {
          ...named,
          derived,
          now: momentOf(deps.clock.now()),
          random: randomValues(deps.random),
        };
        const signed = await signer.sign(request, scope);
        return {
          ...signed,
          secrets: [...(request.secrets ?? []), ...(signed.secrets ?? []), ...derived.texts],
        };
      },
    };
  },
});

type Parts = Record<string, FieldValue>;

function signerOf({ algorithm, encoding, key, message, headers, query, fields }: SignedRequestAuth) {
  const [plainQuery, signedQuery] = split(query);
  const [plainFields, signedFields] = split(fields);
  const left = new Set([...Object.keys(signedQuery), ...Object.keys(signedFields)]);

  return {
    headerNames: (scope: TemplateScope) => Object.keys(headers).map((name) => headerName(name, scope)),

    /** All of one try: what is added and may be signed, then the signature, then what it stands in. */
    async sign(request: WireRequest, scope: TemplateScope): Promise<WireRequest> {
      const unsigned = await withParts(request, plainQuery, plainFields, scope);
      refuseUnreadable(unsigned, message);
      const known = { ...scope, request: requestParts(unsigned, left) };
      const secret = key === undefined ? '' : renderText(key, scope, 'none');
      const signature = signatureOf(renderText(message, known, 'none'), secret, algorithm, encoding);
      const signed = await withParts(unsigned, signedQuery, signedFields, { ...known, signature });
      return {
        ...signed,
        headers: { ...signed.headers, ...renderHeaders(headers, { ...known, signature }) },
        secrets: [signature, ...(secret === '' ? [] : [secret])],
      };
    },
  };
}

function namesSignature(parts: Parts): boolean {
  return templatesIn(parts).some(([, template]) =>
    namesIn(template).some(({ root }) => root === 'signature'),
  );
}

/** What can be known before the signature, and what names it. */
function split(parts: Parts): [plain: Parts, signed: Parts] {
  const isSigned = ([name, value]: [string, FieldValue]) => namesSignature({ [name]: value });
  const entries = Object.entries(parts);
  return [
    Object.fromEntries(entries.filter((entry) => !isSigned(entry))),
    Object.fromEntries(entries.filter(isSigned)),
  ];
}

/** Fields of a request without a body go into its query, as params do. */
async function withParts(
  request: WireRequest,
  query: Parts,
  fields: Parts,
  scope: TemplateScope,
): Promise<WireRequest> {
  const own = Object.fromEntries(renderFields(fields, scope));
  const inQuery = { ...Object.fromEntries(renderFields(query, scope)), ...(request.fields ? {} : own) };
  if (Object.keys(own).length > 0 && request.body && !request.fields) throw notOurBody();
  const url =
    Object.keys(inQuery).length === 0
      ? request.url
      : withOwnQuery(request.url, Object.fromEntries(textPairs(Object.entries(inQuery), AS_JSON)));
  if (!request.fields || Object.keys(own).length === 0) return { ...request, url };
  const values = { ...request.fields.values, ...own };
  const { bytes, contentType } = await request.fields.write(values);
  // A definition may say how its JSON is called; a multipart body has a boundary of its own.
  const type = request.fields.format === 'multipart' ? { 'content-type': contentType } : {};
  return {
    ...request,
    url,
    body: bytes,
    fields: { ...request.fields, values },
    headers: { ...request.headers, ...type },
  };
}

const AS_JSON = { objects: 'as-json', of: 'auth' } as const;

/** A message is text: bytes that are none would be signed as something else than what is sent. */
function refuseUnreadable({ body, fields }: WireRequest, message: string): void {
  const namesBody = namesIn(message).some(({ name }) => /^request\.(?:body|sortedParams)$/.test(name));
  if (!body || fields || !namesBody || isUtf8(body)) return;
  throw new GatewayError(
    'PATH_NOT_ALLOWED',
    'A body that is not UTF-8 text cannot be signed by this service.',
  );
}

const notOurBody = () =>
  new GatewayError(
    'PATH_NOT_ALLOWED',
    "The raw proxy cannot sign a request with a body: this service's signature adds fields to it. Use an operation.",
  );
