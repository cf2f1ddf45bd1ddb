import { getAttributeValue, textContent } from 'domutils';
import { GatewayError, isGatewayError } from '../../runtime/errors.ts';
import type { Login } from '../definition.ts';
import { elementsOf } from './page.ts';
import type { Page } from './page.ts';

type Extractions = NonNullable<Login['page']>['extract'];

/** A hidden field of 100 KB is known (`__VIEWSTATE`); beyond this, characters, it is none. */
const MAX_VALUE = 200_000;

/**
 * Picks values out of a login page by CSS selector: an attribute, or the element's text. What is not there is
 * not in the result. @throws GatewayError `CONFIGURATION_ERROR` for an invalid selector; `RESPONSE_TOO_LARGE` for a
 * page or a value that is too much.
 */
export function extractFrom(page: Page, extractions: Extractions): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [name, { selector, attribute }] of Object.entries(extractions)) {
    const element = firstOf(page, selector, name);
    if (!element) continue;
    const value =
      attribute === undefined ? textContent(element).trim() : getAttributeValue(element, attribute);
    if (value === undefined) continue;
    if (value.length > MAX_VALUE) {
      throw new GatewayError('RESPONSE_TOO_LARGE', `page.${name} is longer than ${MAX_VALUE} characters.`);
    }
    found[name] = value;
  }
  return found;
}

function firstOf(page: Page, selector: string, name: string) {
  try {
    const [element] = elementsOf(page, selector);
    return element;
  } catch (cause) {
    if (isGatewayError(cause)) throw cause;
    const field = `auth.login.page.extract.${name}.selector`;
    throw new GatewayError('CONFIGURATION_ERROR', `${field} is not a valid CSS selector.`, { cause });
  }
}
