import { secretValues } from '../access/credentials/values.ts';
import type { CredentialStore } from '../access/credentials/credentials.ts';
import type { BaseDefinition } from '../definition/service.ts';
import { placeholders, renderText } from '../definition/template/render.ts';
import type { TemplateScope } from '../definition/template/scope.ts';
import type { Clock } from '../runtime/clock.ts';

/** Do these templates name something of the root (`credentials`, `cookie`)? */
export const nameAny = (templates: Iterable<string>, root: keyof TemplateScope): boolean =>
  [...templates].some((template) => placeholders(template).some((name) => name.startsWith(`${root}.`)));

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

/** Headers from their templates. Lower-case names. */
export function renderHeaders(
  templates: Record<string, string>,
  scope: TemplateScope,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(templates).map(([name, template]) => [
      name.toLowerCase(),
      renderText(template, scope, 'header'),
    ]),
  );
}

/** A definition's `defaultHeaders`, for requests that are not made of an operation, and the secrets they hold. */
export async function defaultHeadersOf(
  definition: BaseDefinition,
  { credentials, clock }: { credentials: CredentialStore; clock: Clock },
  account: string | undefined,
): Promise<{ headers: Record<string, string>; secrets?: string[] }> {
  const { defaultHeaders, settings } = definition;
  const own = await credentialsFor(definition, Object.values(defaultHeaders), credentials, account);
  const headers = renderHeaders(defaultHeaders, { settings, now: { ms: clock.now() }, ...own });
  return own.credentials ? { headers, secrets: secretValues(own.credentials) } : { headers };
}
