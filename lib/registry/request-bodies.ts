/** Bodies that no request can have: a form's field is text, or a list of texts that repeats its name. */
import { isSealed } from '../auth/strategies.ts';
import type { FieldValue } from '../definition/template/fields.ts';
import { requestsOf } from '../platforms/definition.ts';
import type { Login } from '../platforms/definition.ts';
import type { FieldError } from '../runtime/errors.ts';
import type { Definition } from './definition.ts';

interface Request {
  method: string;
  body?: string | undefined;
  fields?: Record<string, FieldValue> | undefined;
}

export function bodyFaults({ auth, operations }: Definition): FieldError[] {
  const login = auth.type === 'SESSION' && auth.login ? loginFaults(auth.login) : [];
  // What is sealed is JSON, whatever `body` says.
  if (isSealed(auth)) return login;
  const called = Object.entries(operations).flatMap(([name, operation]) => [
    ...(operation.body ? formFaults(operation, `operations.${name}`) : []),
    ...operation.before.flatMap((step, at) => formFaults(step, `operations.${name}.before.${at}`)),
  ]);
  return [...login, ...called];
}

const loginFaults = (login: Login): FieldError[] => [
  ...formFaults(login.submit, 'auth.login.submit'),
  ...requestsOf(login).flatMap(([path, step]) => formFaults(step, path)),
];

/** A GET has its fields in the query, and those of other methods are a form where nothing else is said. */
function formFaults({ method, body, fields = {} }: Request, path: string): FieldError[] {
  if (body === 'json' || (body === undefined && isRead(method))) return [];
  return Object.entries(fields).flatMap(([name, value]) => fieldFaults(value, `${path}.fields.${name}`));
}

const isRead = (method: string): boolean => method === 'GET' || method === 'HEAD';

function fieldFaults(value: FieldValue, field: string): FieldError[] {
  if (Array.isArray(value)) {
    return value.flatMap((each, at) => (isNested(each) ? [nestedFault(`${field}.${at}`)] : []));
  }
  return isNested(value) ? [nestedFault(field)] : [];
}

const isNested = (value: FieldValue): boolean => typeof value === 'object' && value !== null;

const nestedFault = (field: string): FieldError => ({
  field,
  message: 'must be text, a number or true/false in a form, or a list of these: only "body": "json" nests',
});
