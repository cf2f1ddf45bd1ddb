import type { Authentication } from '../auth/strategy.ts';
import { RequestSecrets } from '../access/credentials/values.ts';
import type { CredentialStore } from '../access/credentials/credentials.ts';
import type { BaseDefinition } from '../definition/service.ts';
import { renderHeaders, templatesOfHeaders } from '../definition/template/headers.ts';
import { namesIn } from '../definition/template/render.ts';
import type { Root } from '../definition/template/names.ts';
import { momentOf, randomValues } from '../definition/template/scope.ts';
import type { TemplateScope } from '../definition/template/scope.ts';
import { omitUndefined } from '../runtime/omit-undefined.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Random } from '../runtime/random.ts';

/** Do these templates name something of the root (`credentials`, `cookie`)? */
export const nameAny = (templates: Iterable<string>, root: Root): boolean =>
  [...templates].some((template) => namesIn(template).some((name) => name.root === root));

/** `credentials` of a scope, fetched only where templates name them. */
export async function credentialsFor(
  { code }: BaseDefinition,
  templates: Iterable<string>,
  credentials: CredentialStore,
  account: string | undefined,
): Promise<Pick<TemplateScope, 'credentials'>> {
  if (!nameAny(templates, 'credentials')) return {};
  return { credentials: (await credentials.current(code, account)).values };
}

/** The time and the random values of one request, these only where templates name them. */
export const oneTime = (
  templates: Iterable<string>,
  { clock, random }: { clock: Clock; random: Random },
): Pick<TemplateScope, 'now' | 'random'> => ({
  now: momentOf(clock.now()),
  ...(nameAny(templates, 'random') ? { random: randomValues(random) } : {}),
});

/** Renders a definition's `defaultHeaders`, for requests that are not made of an operation, and the secrets they hold. */
export async function defaultHeadersOf(
  definition: BaseDefinition,
  deps: { credentials: CredentialStore; clock: Clock; random: Random },
  account: string | undefined,
): Promise<(values: Authentication['values']) => { headers: Record<string, string>; secrets?: string[] }> {
  const { defaultHeaders, settings } = definition;
  const templates = templatesOfHeaders(defaultHeaders);
  const own = await credentialsFor(definition, templates, deps.credentials, account);
  return (session) => {
    const derived = new RequestSecrets(own.credentials);
    const scope = { settings, ...oneTime(templates, deps), ...own, derived, ...omitUndefined({ session }) };
    const headers = renderHeaders(defaultHeaders, scope);
    return derived.texts.length > 0 ? { headers, secrets: derived.texts } : { headers };
  };
}
