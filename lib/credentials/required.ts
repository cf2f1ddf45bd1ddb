import type { Definition, Login } from '../registry/definition.ts';
import { placeholders } from '../template/render.ts';

/** Names that a service's credentials must hold for its authentication to work. */
export function requiredCredentials({ auth }: Definition): string[] {
  switch (auth.type) {
    case 'NONE':
      return [];
    case 'SIGNATURE':
      return ['appKey'];
    case 'CHAOJIYING':
      return ['username', 'password', 'softwareId'];
    case 'API_KEY':
      return named([auth.value]);
    case 'BEARER':
      return named([auth.token]);
    case 'BASIC':
      return named([auth.username, auth.password]);
    case 'SESSION':
      return named(submitted(auth.login.submit));
  }
  return auth satisfies never;
}

function submitted({ path, fields, headers }: Login['submit']): string[] {
  return [path, ...Object.values(fields), ...Object.values(headers ?? {})];
}

function named(templates: string[]): string[] {
  const names = templates
    .flatMap(placeholders)
    .filter((name) => name.startsWith('credentials.'))
    .map((name) => name.slice('credentials.'.length));
  return [...new Set(names)];
}
