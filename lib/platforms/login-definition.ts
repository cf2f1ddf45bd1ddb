/** What a definition says about logging in: the recipe (SPEC 5). */
import * as z from 'zod';
import { Extractors, ValueName } from '../definition/extractor/schema.ts';
import { Fields, HeaderTemplates, Path, ServiceCode, Template } from '../definition/fields.ts';
import { Predicate } from '../definition/predicate/schema.ts';

const REQUEST_FIELDS = {
  path: Path.describe('Appended to `baseUrl`; a template.'),
  headers: HeaderTemplates.optional().describe('Templates for headers, and for their names.'),
  fields: Fields.default({}).describe('Templates for the fields of the body, or of the query of a GET.'),
};
const Body = z
  .enum(['form', 'json', 'multipart'])
  .default('form')
  .describe('How the fields are written; a GET has them in its query.');
const Method = z.enum(['GET', 'POST', 'PUT']);
const METHOD = 'A `GET` has its fields in the query.';

const Failure = z.strictObject({
  when: z.lazy(() => Predicate).describe('What such an answer looks like.'),
  error: z
    .enum(['CAPTCHA_FAILED', 'AUTHENTICATION_FAILED', 'PLATFORM_UNAVAILABLE'])
    .describe(
      'A wrong captcha is tried again, a wrong password counts toward the lockout, an outage does not.',
    ),
});

const Captcha = z
  .strictObject({
    path: Path.optional().describe('Where the picture is, appended to `baseUrl`; a template.'),
    url: Template.optional().describe(
      'Instead of `path`: its address as the page has it (`{{page.src}}`), of the same origin, or a `data:` URL.',
    ),
    cacheBuster: z.string().min(1).optional().describe('Query parameter that gets a changing number.'),
    codetype: z
      .int()
      .positive()
      .default(1004)
      .describe('What the solver is to look for, by its own numbers.'),
    solvers: z
      .array(ServiceCode)
      .min(1)
      .default(['CHAOJIYING'])
      .describe('Services that solve it, in this order; `MANUAL` is a person.'),
    maxAttempts: z.int().min(1).max(10).default(3).describe('Pictures per login.'),
  })
  .refine(({ path, url }) => (path === undefined) !== (url === undefined), 'needs path or url, and not both');

/** A request made once inside, or to renew what a login gave. */
const Step = z.strictObject({
  ...REQUEST_FIELDS,
  method: Method.default('GET').describe(METHOD),
  body: Body,
  extract: Extractors.default({}).describe('What to store with the session: `{{session.x}}`.'),
  success: Predicate.optional().describe(
    'What its answer must look like, at once, or after the redirects. Absent: any status below 400.',
  ),
  failures: z.array(Failure).default([]).describe('What its answer means where it is no success.'),
});
export type LoginStepDefinition = z.infer<typeof Step>;

const Ask = z
  .array(
    z.strictObject({
      name: ValueName.describe('Its answer is `{{ask.name}}` in `submit` and `after`.'),
      prompt: z.string().trim().min(1).max(200).describe('What the person reads.'),
      before: Step.optional().describe('The request that has the platform send what is asked for.'),
    }),
  )
  .max(5)
  .refine((asked) => new Set(asked.map(({ name }) => name)).size === asked.length, 'must not repeat a name');

export const Login = z.strictObject({
  page: z
    .strictObject({
      path: REQUEST_FIELDS.path,
      extract: Extractors.default({}).describe('What to take out of it: `{{page.x}}`.'),
    })
    .optional()
    .describe('The page to open first, for its cookies and hidden fields.'),
  captcha: Captcha.optional().describe('The picture to solve before the form is sent.'),
  ask: Ask.default([]).describe(
    'Questions to a person in the middle of the login, a code by SMS say; each waits up to 120 s.',
  ),
  submit: z
    .strictObject({ ...REQUEST_FIELDS, method: Method.default('POST').describe(METHOD), body: Body })
    .describe('The form itself.'),
  success: z
    .lazy(() => Predicate)
    .describe('What a login that got in looks like; at once, or after the redirects.'),
  failures: z.array(Failure).default([]).describe('What other answers mean; the first that holds counts.'),
  extract: Extractors.default({}).describe(
    "What to take out of the login's answer and store with the session: `{{session.x}}`.",
  ),
  after: z.array(Step).max(5).default([]).describe('Requests made once inside, in this order.'),
  refresh: Step.extend({ method: Method.default('POST').describe(METHOD) })
    .optional()
    .describe('Tried before a whole login, with the values of the session that ended.'),
  expiresInSeconds: z
    .union([z.int().positive(), Template])
    .optional()
    .describe('When what the login gave ends (`{{session.expiresIn}}`), if before `sessionTimeoutSeconds`.'),
});
export type Login = z.infer<typeof Login>;
