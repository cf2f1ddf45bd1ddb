import { GatewayError } from '../../runtime/errors.ts';
import { isHeaderName } from '../fields.ts';
import { renderText } from './render.ts';
import type { TemplateScope } from './scope.ts';

/** Headers from the templates of their names and values. Lower-case names. */
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

/** @throws GatewayError `CONFIGURATION_ERROR` when the values of its template make it none. */
export function headerName(template: string, scope: TemplateScope): string {
  const name = renderText(template, scope, 'header').toLowerCase();
  if (isHeaderName(name)) return name;
  throw new GatewayError('CONFIGURATION_ERROR', `The header ${template} has no valid name.`);
}
