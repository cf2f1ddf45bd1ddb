/** `{"type": "SIGNED"}`: a digest over a message that the definition describes. */
import * as z from 'zod';
import { HeaderName, Pointer, seconds, Template } from '../../definition/fields.ts';
import { ALGORITHMS, ENCODINGS, isKeyed } from '../../definition/signing/signature.ts';
import { carriedNames } from '../../definition/template/carried.ts';
import type { Name } from '../../definition/template/names.ts';
import { namesIn } from '../../definition/template/render.ts';

const Prefix = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[^\s,;]+$/, 'must hold no space, comma or semicolon');

const Timestamp = z.union(
  [
    z.strictObject({
      header: HeaderName.describe('The header that says it.'),
      prefix: Prefix.optional().describe('What stands before it, where the header is a list: `t=`.'),
    }),
    z.strictObject({ pointer: Pointer.describe('Where the body says it; `/name` is a field of a form.') }),
  ],
  { error: 'must have exactly one of header, pointer' },
);

const Fields = z.strictObject({
  type: z.literal('SIGNED'),
  algorithm: z
    .enum(ALGORITHMS)
    .describe(
      'With `hmac-` keyed by the credential `webhookSecret`; without, a digest of the message, which then holds the secret.',
    ),
  encoding: z.enum(ENCODINGS).default('hex').describe('How it is written; hex in either case.'),
  header: HeaderName.optional().describe(
    'The header that holds it, or several of them, separated by commas, semicolons or spaces: one has to hold.',
  ),
  prefix: Prefix.optional().describe(
    'What stands before a signature in the header: `sha256=`, `v1=`. What has another one is left aside.',
  ),
  field: z
    .string()
    .min(1)
    .max(256)
    .optional()
    .describe('Instead of `header`: the field of the form that holds it, or the member of the JSON.'),
  message: Template.min(1).describe(
    'What is signed: a template over the request, its headers, settings and credentials.',
  ),
  unsigned: z
    .array(z.string().min(1).max(256))
    .max(32)
    .default([])
    .describe('Names that `sortedParams` leaves out beside `field`; the payload has them neither.'),
  timestamp: Timestamp.optional().describe(
    'When it was sent: seconds or milliseconds since the epoch. Absent: a request has no age.',
  ),
  windowSeconds: seconds(3_600).optional().describe('In place of `webhook.windowSeconds`.'),
});
type Fields = z.output<typeof Fields>;

/** What would let in what nobody has signed is refused where it is written. */
export const SignedSchema = Fields.superRefine((config, context) => {
  for (const [field, message] of faultsOf(config)) {
    context.addIssue({ code: 'custom', path: [field], message });
  }
});
export type SignedConfig = z.output<typeof SignedSchema>;

type Fault = [field: keyof Fields, message: string];

function faultsOf(config: Fields): Fault[] {
  const { algorithm, header, prefix, field, message, unsigned, timestamp } = config;
  const names = carriedNames(message);
  const has = (name: string) => names.some((each) => each.name === name);
  // What went through `slice` or `trim` is signed in part: the rest anybody may write.
  const inPart = namesIn(message).find((each) => isGuarding(each) && !has(each.name));
  const faults: [isAtFault: boolean, ...Fault][] = [
    [
      inPart !== undefined,
      'message',
      `holds {{${inPart?.name}}} only in part: after it no filter may stand that loses some of it, as slice, trim or replace`,
    ],
    [(header === undefined) === (field === undefined), 'header', 'or field must be given, and not both'],
    [prefix !== undefined && header === undefined, 'prefix', 'is of a header'],
    [
      !has(BODY) && !has(SORTED),
      'message',
      `must name {{${BODY}}} or {{${SORTED}}}: nothing else signs the body`,
    ],
    [
      !isKeyed(algorithm) && !names.some(({ root }) => root === 'credentials'),
      'message',
      `holds no secret: for ${algorithm} it has to name one, as {{credentials.webhookSecret}}`,
    ],
    [
      field !== undefined && has(BODY),
      'field',
      `cannot lie in what it signs: name {{${SORTED}}} in the message`,
    ],
    [
      unsigned.length > 0 && !has(SORTED),
      'unsigned',
      `is left out of {{${SORTED}}}, which the message does not name`,
    ],
    [
      timestamp !== undefined && !isSigned(timestamp, has, unsigned),
      'timestamp',
      'is not signed: name {{request.timestamp}} in the message',
    ],
  ];
  return faults.flatMap(([isAtFault, ...fault]): Fault[] => (isAtFault ? [fault] : []));
}

/** On these it depends what a signature is worth. */
const isGuarding = ({ name, root }: Name): boolean =>
  root === 'credentials' || [BODY, SORTED, 'request.timestamp'].includes(name);

const BODY = 'request.body';
const SORTED = 'request.sortedParams';

/** One that is in the body is signed with it. */
function isSigned(
  timestamp: z.output<typeof Timestamp>,
  has: (name: string) => boolean,
  unsigned: readonly string[],
): boolean {
  if (has('request.timestamp')) return true;
  if ('header' in timestamp) return has(`header.${timestamp.header.toLowerCase()}`);
  return has(BODY) || (has(SORTED) && !unsigned.some((name) => timestamp.pointer === `/${name}`));
}
