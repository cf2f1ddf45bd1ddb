import { selectOne } from 'css-select';
import type { Element } from 'domhandler';
import { getAttributeValue, textContent } from 'domutils';
import { parseDocument } from 'htmlparser2';
import { GatewayError } from '../../runtime/errors.ts';
import type { Login } from '../definition.ts';

type Extractions = NonNullable<Login['page']>['extract'];

/** Pages longer than this are cut before they are parsed, characters. */
const MAX_PAGE = 2_000_000;

/**
 * Picks values out of a login page by CSS selector: an attribute, or the element's text. What is not there is
 * not in the result. @throws GatewayError `CONFIGURATION_ERROR` for an invalid selector.
 */
export function extractFrom(html: string, extractions: Extractions): Record<string, string> {
  const wanted = Object.entries(extractions);
  if (wanted.length === 0) return {};
  const document = parseDocument(html.slice(0, MAX_PAGE));
  const found: Record<string, string> = {};
  for (const [name, { selector, attribute }] of wanted) {
    const element = select(selector, document.children as Element[], name);
    if (!element) continue;
    const value =
      attribute === undefined ? textContent(element).trim() : getAttributeValue(element, attribute);
    if (value !== undefined) found[name] = value;
  }
  return found;
}

function select(selector: string, elements: Element[], name: string): Element | null {
  try {
    return selectOne(selector, elements);
  } catch (error) {
    throw new GatewayError(
      'CONFIGURATION_ERROR',
      `auth.login.page.extract.${name}.selector is not a valid CSS selector.`,
      {
        cause: error,
      },
    );
  }
}
