/**
 * Which values exist where (SPEC 3; the table of docs/users/definitions.md). A template that names a value which can
 * never be set would fail every call, some of them only after a login that was paid for.
 */
import { placeholders } from '../definition/template/render.ts';
import type { TemplateScope } from '../definition/template/scope.ts';
import type { FieldError } from '../runtime/errors.ts';
import type { Definition } from './definition.ts';

type Root = keyof TemplateScope;

const ALWAYS: readonly Root[] = ['settings', 'now', 'credentials'];
const BEFORE_CAPTCHA: readonly Root[] = [...ALWAYS, 'cookie', 'page'];
const IN_FORM: readonly Root[] = [...BEFORE_CAPTCHA, 'captcha'];
const IN_CALL: readonly Root[] = [...ALWAYS, 'params'];

/** Templates by name, and what they may name. */
type Place = [path: string, templates: Readonly<Record<string, string | undefined>>, roots: readonly Root[]];

/** Each template that names what can never be set where it stands. */
export function templateFaults(definition: Definition): FieldError[] {
  return placesOf(definition).flatMap(([path, templates, roots]) =>
    Object.entries(templates).flatMap(([name, template]) => {
      const problems = placeholders(template ?? '').flatMap(
        (named) => problemOf(named, roots, definition) ?? [],
      );
      return problems.length === 0 ? [] : [{ field: `${path}.${name}`, message: problems.join('; ') }];
    }),
  );
}

function placesOf({ auth, defaultHeaders, operations }: Definition): Place[] {
  const inCall: readonly Root[] = auth.type === 'SESSION' ? [...IN_CALL, 'cookie'] : IN_CALL;
  return [
    ['defaultHeaders', defaultHeaders, ALWAYS],
    ...Object.entries(operations).flatMap(
      ([name, { path, query = {}, headers = {}, fields = {} }]): Place[] => [
        [`operations.${name}`, { path }, inCall],
        [`operations.${name}.query`, query, inCall],
        [`operations.${name}.headers`, headers, inCall],
        [`operations.${name}.fields`, fields, inCall],
      ],
    ),
    ...authPlaces(auth),
  ];
}

function authPlaces(auth: Definition['auth']): Place[] {
  if (auth.type !== 'SESSION') {
    const texts = Object.entries(auth).flatMap(([name, value]) =>
      typeof value === 'string' ? [[name, value] as const] : [],
    );
    return [['auth', Object.fromEntries(texts), ['credentials']]];
  }
  const { page, captcha, submit } = auth.login;
  return [
    ['auth.login.page', { path: page?.path }, ALWAYS],
    ['auth.login.captcha', { path: captcha?.path }, BEFORE_CAPTCHA],
    ['auth.login.submit', { path: submit.path }, IN_FORM],
    ['auth.login.submit.headers', submit.headers ?? {}, IN_FORM],
    ['auth.login.submit.fields', submit.fields, IN_FORM],
    ['auth.sessionHeaders', auth.sessionHeaders, [...ALWAYS, 'cookie']],
  ];
}

/** @param named as `page.csrf` */
function problemOf(
  named: string,
  roots: readonly Root[],
  { auth, settings }: Definition,
): string | undefined {
  const [root = '', ...path] = named.split('.');
  if (!roots.includes(root as Root)) return `{{${named}}} is never set here`;
  if (root === 'settings') return isIn(settings, path) ? undefined : `{{${named}}} is not in settings`;
  if (auth.type !== 'SESSION') return undefined;
  const { page, captcha } = auth.login;
  if (root === 'captcha' && !captcha) return `{{${named}}} is never set: auth.login has no captcha`;
  if (root === 'page' && !isIn(page?.extract, [path.join('.')])) {
    return `{{${named}}} is never set: auth.login.page does not extract it`;
  }
  return undefined;
}

function isIn(value: unknown, path: readonly string[]): boolean {
  const [name, ...rest] = path;
  if (name === undefined) return true;
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return false;
  return isIn((value as Record<string, unknown>)[name], rest);
}
