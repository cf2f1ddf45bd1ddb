/** What each field of a recorded login form stands for. A recorded value itself never gets into a recipe. */
import { elementsOf, parsePage } from '../../text/html/page.ts';
import type { Entry } from './har-entries.ts';

const PASSWORD_NAME = /pass|pwd|mima|密码/i;
const CAPTCHA_NAME =
  /captcha|verif|vcode|checkcode|(?:^|_)code$|valid|yzm|yanzheng|randcode|kaptcha|authcode/i;
const USER_NAME = /user|account|login|uname|mobile|phone|e?mail|(?:^|_)name$|账号|用户/i;
const TOKEN_NAME = /csrf|xsrf|token|nonce|viewstate|eventvalidation|execution|^lt$/i;
/** Values that forms send by themselves: not credentials. */
const HARMLESS = /^(?:|on|off|true|false|yes|no|0|1|submit|login|登录|登陆|登 录|确定)$/i;

export interface FormContext {
  /** The page the form was on, when the recording has it. */
  page: Entry | undefined;
  hasCaptcha: boolean;
  cookies: Record<string, string>;
}

export interface DraftedFields {
  fields: Record<string, string>;
  /** What the page step has to extract. */
  extract: Record<string, { selector: string; attribute: string }>;
  /** Names of credentials the recipe needs. */
  credentials: string[];
  notes: string[];
}

export function draftFields(recorded: [string, string][], context: FormContext): DraftedFields {
  const onPage = inputsOf(context.page);
  const drafted: DraftedFields = { fields: {}, extract: {}, credentials: [], notes: [] };
  const useCredential = (field: string, name: string) => {
    const free = drafted.credentials.includes(name) ? camelCase(field) : name;
    drafted.credentials.push(free);
    drafted.fields[field] = `{{credentials.${free}}}`;
  };
  const isSecret = isPassword([context.page]);
  const captchaField = context.hasCaptcha
    ? captchaFieldOf(recorded.filter(([field]) => !isSecret(field) && onPage.get(field)?.type !== 'hidden'))
    : undefined;
  const users = recorded.filter(([field]) => USER_NAME.test(field) && !isSecret(field));

  for (const [field, value] of recorded) {
    const cookie = Object.entries(context.cookies).find(
      ([, cookieValue]) => cookieValue === value && value.length > 7,
    )?.[0];
    const input = onPage.get(field);
    if (isSecret(field)) useCredential(field, 'password');
    else if (field === captchaField) drafted.fields[field] = '{{captcha.text}}';
    else if (cookie !== undefined && isKey(cookie)) drafted.fields[field] = `{{cookie.${cookie}}}`;
    else if (TOKEN_NAME.test(field) || (value.length > 7 && input?.value === value)) {
      takeFromPage(field, drafted, onPage);
    } else if (input?.type === 'hidden' && input.value === value) drafted.fields[field] = value;
    else if (USER_NAME.test(field)) {
      useCredential(field, users.length === 1 || /name$/i.test(field) ? 'username' : camelCase(field));
    } else if (/^1\d{12}$/.test(value)) drafted.fields[field] = '{{now.ms}}';
    else if (HARMLESS.test(value) || input?.value === value) drafted.fields[field] = value;
    else {
      useCredential(field, camelCase(field));
      drafted.notes.push(
        `${field}: treated as a credential ({{credentials.${camelCase(field)}}}); replace it by a constant if it is not secret.`,
      );
    }
  }
  return drafted;
}

function takeFromPage(field: string, drafted: DraftedFields, onPage: ReadonlyMap<string, Input>): void {
  const name = camelCase(field);
  drafted.extract[name] = { selector: `input[name="${field.replaceAll('"', '\\"')}"]`, attribute: 'value' };
  drafted.fields[field] = `{{page.${name}}}`;
  if (!onPage.has(field)) {
    drafted.notes.push(
      `${field}: looks like a token, but the recorded page has no input of this name; check the selector.`,
    );
  }
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
    inputs.map(({ attribs }) => {
      const { name = '', type = 'text', value = '' } = attribs;
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

/** `user_no` → `userNo`; what cannot be named in a template becomes `field`. */
function camelCase(name: string): string {
  const words = name.split(/[^A-Za-z0-9]+/).filter((word) => word !== '');
  const joined = words.map(
    (word, at) => (at === 0 ? word[0]!.toLowerCase() : word[0]!.toUpperCase()) + word.slice(1),
  );
  const result = joined.join('');
  return /^[A-Za-z]/.test(result) ? result : `field${result}`;
}

/** Can a template name it? */
export const isKey = (name: string): boolean => /^\w[\w.-]*$/.test(name);
