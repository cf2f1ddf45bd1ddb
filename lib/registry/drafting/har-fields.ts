/** What each field of a recorded login form stands for. A recorded value itself never gets into a recipe. */
import type { FieldValue } from '../../definition/template/fields.ts';
import { elementsOf, parsePage } from '../../text/html/page.ts';
import { textOf } from './har-body.ts';
import type { Entry } from './har-entries.ts';
import { camelCase, literal } from './names.ts';
import { SHORTEST_TRACE } from './sources.ts';

const PASSWORD_NAME = /pass(?!age|port|ive)|pwd|mima|密码/i;
const CAPTCHA_NAME =
  /captcha|verif|vcode|checkcode|(?:^|[_.])code$|valid|yzm|yanzheng|randcode|kaptcha|authcode|验证码/i;
const USER_NAME = /user|account|login|^log$|uname|mobile|phone|e?mail|(?:^|[_.])name$|账号|用户/i;
export const TOKEN_NAME =
  /csrf|xsrf|token|nonce|viewstate|eventvalidation|execution|^lt$|formhash|ticket|(?:^|[_.-])sess(?:ion)?(?:_?id|key)?$/i;
/** Values that forms send by themselves: not credentials. */
const HARMLESS =
  /^(?:|on|off|true|false|yes|no|0|1|submit|login|log ?in|sign ?in|登录|登陆|登 录|确定|password|client_credentials|refresh_token|authorization_code)$/i;

export interface FormContext {
  /** The page the form was on, when the recording has it. */
  page: Entry | undefined;
  hasCaptcha: boolean;
  /** A template that names where else a value is: a cookie, the page. */
  trace: (value: string, field: string) => string | undefined;
  /** The template of an encrypted password. */
  encrypted: (value: string) => string | undefined;
}

export interface DraftedFields {
  fields: Record<string, FieldValue>;
  /** What the page step has to extract. */
  extract: Record<string, { selector: string; attribute: string }>;
  /** Names of credentials the recipe needs. */
  credentials: string[];
  /** Fields whose value is the page's own, and stays. */
  constants: Set<string>;
  notes: string[];
}

export function draftFields(submit: Entry, context: FormContext): DraftedFields {
  const recorded = submit.fields;
  const onPage = inputsOf(context.page);
  const templates = new Map<string, string>();
  const drafted: DraftedFields = {
    fields: {},
    extract: {},
    credentials: [],
    constants: new Set(),
    notes: [],
  };
  const useCredential = (field: string, name: string): string => {
    const free = drafted.credentials.includes(name) ? camelCase(field) : name;
    if (!drafted.credentials.includes(free)) drafted.credentials.push(free);
    return `{{credentials.${free}}}`;
  };
  const isSecret = isPassword([context.page]);
  const captchaField = context.hasCaptcha
    ? captchaFieldOf(recorded.filter(([field]) => !isSecret(field) && onPage.get(field)?.type !== 'hidden'))
    : undefined;
  const users = recorded.filter(([field]) => USER_NAME.test(field) && !isSecret(field));

  const templateOf = (field: string, value: string): string => {
    const input = onPage.get(field);
    const isSet = input !== undefined && SET_BY_PAGE.test(input.type) && input.value === value;
    const isButton = isSet && BUTTON.test(input.type);
    if (isSecret(field)) return context.encrypted(value) ?? useCredential(field, 'password');
    if (field === captchaField) return '{{captcha.text}}';
    const traced = isButton ? undefined : context.trace(value, field);
    if (traced !== undefined) return traced;
    if (TOKEN_NAME.test(field) && submit.posted === undefined) return takeFromPage(field, drafted, onPage);
    if (isButton || (isSet && value.length < SHORTEST_TRACE)) {
      drafted.constants.add(field);
      return literal(value);
    }
    if (USER_NAME.test(field) && !HARMLESS.test(value)) {
      return useCredential(field, users.length === 1 || /name$/i.test(field) ? 'username' : camelCase(field));
    }
    if (/^1\d{12}$/.test(value)) return '{{now.ms}}';
    if (HARMLESS.test(value)) {
      drafted.constants.add(field);
      return value;
    }
    const credential = useCredential(field, camelCase(field));
    drafted.notes.push(
      `${field}: treated as a credential (${credential}); replace it by a constant if it is not secret.`,
    );
    return credential;
  };
  for (const [field, value] of recorded) templates.set(field, templateOf(field, value));
  drafted.fields =
    submit.posted === undefined
      ? formOf(recorded, templates)
      : (nested(submit.posted, templates, '') as Record<string, FieldValue>);
  return drafted;
}

/** Inputs whose value a person does not type. */
const SET_BY_PAGE = /^(?:hidden|submit|button|checkbox|radio)$/;
const BUTTON = /^(?:submit|button)$/;

/** A name that was sent more than once is a list. */
function formOf(
  recorded: [string, string][],
  templates: ReadonlyMap<string, string>,
): Record<string, FieldValue> {
  return Object.fromEntries(recorded.map(([field]) => [field, templates.get(field)!]));
}

/** The posted JSON with templates for its texts; numbers and flags that mean nothing stay what they are. */
function nested(value: unknown, templates: ReadonlyMap<string, string>, path: string): FieldValue {
  if (value === null) return null;
  if (typeof value !== 'object') {
    const template = templates.get(path) ?? '';
    return typeof value !== 'string' && template === textOf(value) ? (value as number | boolean) : template;
  }
  const inside = (name: string) => (path === '' ? name : `${path}.${name}`);
  if (Array.isArray(value)) return value.map((each, at) => nested(each, templates, inside(String(at))));
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, nested(member, templates, inside(name))]),
  );
}

function takeFromPage(field: string, drafted: DraftedFields, onPage: ReadonlyMap<string, Input>): string {
  const name = camelCase(field);
  drafted.extract[name] = { selector: `input[name="${field.replaceAll('"', '\\"')}"]`, attribute: 'value' };
  if (!onPage.has(field)) {
    drafted.notes.push(
      `${field}: looks like a token, but the recorded page has no input of this name; check the selector.`,
    );
  }
  return `{{page.${name}}}`;
}

/** The captcha field: by its name, else a short value that fits no other kind of field. */
function captchaFieldOf(typed: [string, string][]): string | undefined {
  const named = typed.filter(([field]) => !TOKEN_NAME.test(field));
  return (named.find(([field]) => CAPTCHA_NAME.test(field)) ??
    named.find(
      ([field, value]) => !USER_NAME.test(field) && /^[A-Za-z0-9]{4,6}$/.test(value) && !HARMLESS.test(value),
    ))?.[0];
}

/** What a page says of one of its inputs. */
interface Input {
  type: string;
  value: string;
}

/** The page's inputs by name. */
export function inputsOf(page: Entry | undefined): Map<string, Input> {
  if (!page || page.text === '') return new Map();
  const inputs = [...elementsOf(parsePage(page.text), 'input[name], button[name]')];
  return new Map(
    inputs.map(({ name: element, attribs }) => {
      const { name = '', type = element === 'button' ? 'submit' : 'text', value = '' } = attribs;
      return [name, { type: type.toLowerCase(), value }];
    }),
  );
}

/** Does a field hold the password? The pages know, whatever it is called; a page drawn by a script shows no inputs. */
export function isPassword(pages: readonly (Entry | undefined)[]): (field: string) => boolean {
  const named = new Set(
    pages.flatMap((page) =>
      [...inputsOf(page)].flatMap(([name, { type }]) => (type === 'password' ? [name] : [])),
    ),
  );
  return (field) => named.has(field) || PASSWORD_NAME.test(field);
}
