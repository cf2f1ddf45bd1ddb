/** The fields that definitions are made of, each with its own check. Slices of a definition build on them. */
import * as z from 'zod';
import { isCharset } from '../text/charset.ts';
import { pathProblem } from './path.ts';
import { checkTemplate, textOfTemplate } from './template/compile.ts';
import type { FieldValue as AnyFieldValue } from './template/fields.ts';

/** Turns a function that returns the problem into a check for zod. */
const check = (problemOf: (text: string) => string | undefined) => (context: z.core.ParsePayload<string>) => {
  const message = problemOf(context.value);
  if (message !== undefined) context.issues.push({ code: 'custom', message, input: context.value });
};

export const seconds = (max: number) => z.number().positive().max(max);

/** A check of a template's own text; what is no template is told already. */
const soundly = (problemOf: (template: string) => string | undefined) => (template: string) =>
  checkTemplate(template) === undefined ? problemOf(template) : undefined;

/** How many refusals in a row end the sending of credentials, and for how long. */
export const Lockout = z
  .strictObject({
    failures: z.int().min(1).max(100).default(3).describe('Refusals in a row.'),
    seconds: seconds(86_400).default(600).describe('How long the pause is.'),
  })
  .prefault({})
  .describe('How many refusals in a row end the sending of credentials, and for how long.');

export const ServiceCode = z
  .string()
  .regex(/^[A-Z][A-Z0-9_]{1,63}$/, 'must be 2 to 64 of A-Z, 0-9 and "_", a letter first');

export const Template = z.string().max(8_192).check(check(checkTemplate));
/** Any JSON, with templates in its texts. */
export type FieldValue = AnyFieldValue;
export const FieldValue: z.ZodType<FieldValue> = z
  .union([
    Template,
    z.number(),
    z.boolean(),
    z.null(),
    z.array(z.lazy(() => FieldValue)),
    z.record(
      z.string(),
      z.lazy(() => FieldValue),
    ),
  ])
  .meta({ id: 'FieldValue', description: 'Text with templates in it, or any JSON that holds such texts.' });
/** Names of fields, and the templates of their values. */
export const Fields = z.record(z.string().min(1).max(256), FieldValue);

/** RFC 9110 5.1. */
const HEADER_NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
export const isHeaderName = (name: string): boolean => HEADER_NAME.test(name);
export const HeaderName = z.string().regex(HEADER_NAME, 'is not a header name');
/** A header's name may be a template too: the values of some platforms say which header they go into. */
const HeaderNameTemplate = Template.check(
  check(soundly((template) => (isHeaderName(textOfTemplate(template)) ? undefined : 'is not a header name'))),
);
export const HeaderTemplates = z.record(
  HeaderNameTemplate,
  Template.regex(/^[^\r\n\0]*$/, 'must be one line'),
);

/** Appended to `baseUrl`; a template. */
export const Path = Template.regex(/^\//, 'must start with "/"').check(check(soundly(pathProblem)));

/** RFC 6901. */
export const Pointer = z.string().regex(/^(\/([^~]|~[01])*)*$/, 'is not a JSON pointer');

export const Charset = z
  .string()
  .regex(/^[A-Za-z0-9_-]{2,32}$/, 'is not a charset')
  .refine(isCharset, { error: 'is not a supported charset', abort: true });
