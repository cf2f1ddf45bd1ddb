import type { Definition } from '../registry/definition.ts';
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
    case 'SESSION': {
      const { submit } = auth.login;
      return named([submit.path, ...Object.values(submit.fields), ...Object.values(submit.headers ?? {})]);
    }
  }
}

function named(templates: string[]): string[] {
  const names = templates
    .flatMap(placeholders)
    .filter((name) => name.startsWith('credentials.'))
    .map((name) => name.slice('credentials.'.length));
  return [...new Set(names)];
}
