import { GatewayError } from '../../runtime/errors.ts';
import { invalid } from '../../runtime/field-errors.ts';
import { hasDotSegment } from '../../text/path-hazards.ts';
import type { Name } from './names.ts';

/**
 * Where a value lands. `form` is `application/x-www-form-urlencoded`, `json` the inside of a JSON string, `xml` the text of
 * an element.
 */
export type Escape = 'path' | 'query' | 'form' | 'json' | 'xml' | 'header' | 'none';

/** Escapes one value. @throws GatewayError naming a value that is not allowed there. */
export function escapeFor(escape: Escape, value: string, part: Name): string {
  switch (escape) {
    case 'none':
      return value;
    case 'path':
      return value === '' ? reject(part, 'must not be empty') : percent(value, part);
    case 'query':
      return percent(value, part);
    case 'form':
      return percent(value, part)
        .replaceAll('%20', '+')
        .replace(/[!'()~]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
    case 'json':
      return JSON.stringify(value).slice(1, -1);
    case 'xml':
      return value.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
    case 'header':
      // RFC 9110 5.5: visible characters, space, tab; obs-text as Latin-1, which is all a header can carry.
      return /^[\t\x20-\x7e\x80-\xff]*$/.test(value)
        ? value
        : reject(part, 'contains a character that is not allowed in a header');
    default:
      return escape satisfies never;
  }
}

function percent(value: string, part: Name): string {
  return value.isWellFormed() ? encodeURIComponent(value) : reject(part, 'is not well-formed Unicode');
}

/** The caller is at fault for its own params, the configuration for everything else. Never shows the value. */
export function reject({ name, root }: Name, message: string): never {
  if (root === 'params') throw invalid(name, message);
  throw new GatewayError('CONFIGURATION_ERROR', `{{${name}}} ${message}.`, {
    fields: [{ field: name, message }],
  });
}

/**
 * Checks a path being put together for dot segments (`..`, `.`), whether one value
 * brings them (`../admin`), two do (`{{params.a}}{{params.b}}`), or a value and the template's own text.
 */
export class DotSegments {
  private segment = '';
  private named: Name | undefined;

  literal(text: string): void {
    const pieces = text.split('/');
    for (const [index, piece] of pieces.entries()) {
      if (index > 0) this.close();
      this.segment += piece;
    }
  }

  value(escaped: string, part: Name): void {
    this.segment += escaped;
    this.named = part;
  }

  end(): void {
    this.close();
  }

  private close(): void {
    const { segment, named } = this;
    this.segment = '';
    this.named = undefined;
    if (named && hasDotSegment(segment)) reject(named, 'must not contain "." or ".." as a path segment');
  }
}
