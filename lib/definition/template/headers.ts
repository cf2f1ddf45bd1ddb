/** Headers of a definition: templates of names and of values. */
import { GatewayError } from '../../runtime/errors.ts';
import { invalid } from '../../runtime/field-errors.ts';
import { isHeaderName } from '../fields.ts';
import { namesIn, renderText } from './render.ts';
import type { TemplateScope } from './scope.ts';

/** Of one message, not of what it says, or where it goes: a value that names one of these would change the request. */
const NOT_BY_VALUE =
  /^(?:host|content-length|transfer-encoding|connection|upgrade|te|trailer|expect|cookie)$/;

/** Templates of headers: of their names, too. */
export const templatesOfHeaders = (headers: Record<string, string> = {}): string[] =>
  Object.entries(headers).flat();

/**
 * Headers from the templates of their names and values. Lower-case names.
 * @throws GatewayError as `renderText`, also where values make a name that is none.
 */
export function renderHeaders(
  templates: Record<string, string>,
  scope: TemplateScope,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(templates).map(([name, template]) => [
      headerName(name, scope),
      renderText(template, scope, 'header'),
    ]),
  );
}

/** @throws as `renderHeaders`. */
export function headerName(template: string, scope: TemplateScope): string {
  const name = renderText(template, scope, 'header').toLowerCase();
  const names = namesIn(template);
  if (names.length === 0 || (isHeaderName(name) && !NOT_BY_VALUE.test(name))) return name;
  const message = 'does not make the name of a header that may be set';
  const ofCaller = names.find(({ root }) => root === 'params');
  if (ofCaller) throw invalid(ofCaller.name, message);
  throw new GatewayError('CONFIGURATION_ERROR', `{{${names[0]!.name}}} ${message}.`, {
    fields: [{ field: names[0]!.name, message }],
  });
}
