import type { Credentials } from '../../access/credentials/credentials.ts';
import { GatewayError } from '../../runtime/errors.ts';
import type { PlatformDefinition, Login } from '../definition.ts';
import type { TemplateScope } from '../../definition/template/scope.ts';
import { templatesIn } from '../../definition/template/fields.ts';
import { momentOf } from '../../definition/template/scope.ts';
import { missingNames } from '../../definition/template/render.ts';

/**
 * Finds values that a recipe's templates name and that cannot exist, before any request is sent. Values only the
 * platform can give (`page.x`, `cookie.x`, `session.x`) are assumed to come where the recipe says so.
 *
 * @throws GatewayError `CONFIGURATION_ERROR` naming every such value.
 */
export function checkRecipe(definition: PlatformDefinition, login: Login, credentials: Credentials): void {
  const scope: TemplateScope = {
    settings: definition.settings,
    credentials,
    now: momentOf(0),
    random: { uuid: 'x', hex32: 'x' },
    ...(login.captcha ? { captcha: { text: 'x' } } : {}),
    ask: Object.fromEntries(login.ask.map(({ name }) => [name, 'x'])),
    page: Object.fromEntries(Object.keys(login.page?.extract ?? {}).map((name) => [name, 'x'])),
  };
  const { page, captcha, ask, submit, after } = login;
  const sending = ask.flatMap(({ before }) => before ?? []);
  const templates = [
    ...Object.entries(definition.defaultHeaders).flat(),
    ...[page?.path, captcha?.path, captcha?.url].filter((template) => template !== undefined),
    ...[...sending, submit, ...after].flatMap(({ path, headers = {}, fields }) => [
      path,
      ...Object.entries(headers).flat(),
      ...templatesIn(fields).map(([, template]) => template),
    ]),
  ];
  const missing = new Set(
    templates
      .flatMap((template) => missingNames(template, scope))
      .filter((name) => !/^(?:cookie|session)\./.test(name)),
  );
  if (missing.size === 0) return;
  const named = [...missing].map((name) => `{{${name}}}`).join(', ');
  throw new GatewayError(
    'CONFIGURATION_ERROR',
    `The login of ${definition.code} needs ${named}, which is not set.`,
    {
      fields: [...missing].map((field) => ({ field, message: 'is not set' })),
    },
  );
}
