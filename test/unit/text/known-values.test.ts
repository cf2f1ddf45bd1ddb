import * as fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { knownValues } from '../../../lib/text/redaction/known-values.ts';
import { seek } from '../../../lib/text/redaction/seek.ts';
import { unescapeOnce } from '../../../lib/text/redaction/unescape.ts';
import { reads, SPELLINGS } from '../../secret-spellings.ts';

const SECRET = 'Canary/7f+3"Z<b>&9e\'x';

test('any of many texts is found where it is, and only there', () => {
  const few = fc.string({ unit: fc.constantFrom('a', 'b', '%', '工'), minLength: 2, maxLength: 6 });
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '%', '工'), maxLength: 60 });
  fc.assert(
    fc.property(fc.array(few, { minLength: 1, maxLength: 6 }), text, (needles, hay) => {
      expect(seek(needles)(hay)).toBe(needles.some((needle) => hay.includes(needle)));
    }),
    { numRuns: 2_000 },
  );
});

describe('H4 a known secret', () => {
  it.each(Object.entries(SPELLINGS))('spelled as %s is found and cut out, and nothing else', (_, spell) => {
    const spelled = spell(SECRET);
    expect(reads(`<p>${spelled}</p>`, SECRET)).toBe(true);
    const known = knownValues([SECRET]);
    expect(known.occurIn(`<p>${spelled}</p>`)).toBe(true);
    const masked = known.mask(`<p>before ${spelled}, after</p>`)!;
    expect(reads(masked, SECRET)).toBe(false);
    expect(masked).toMatch(/^<p>before .*, after<\/p>$/);
    // What is left stands as long as what was there, where that is asked for.
    expect(known.mask(`a ${spelled} b`, (found) => '*'.repeat(found.length))).toHaveLength(
      spelled.length + 4,
    );
  });

  const escapes: ((character: string) => string)[] = [
    (c) => c,
    (c) => `%${c.charCodeAt(0).toString(16).padStart(2, '0')}`,
    (c) => `&#${c.charCodeAt(0)};`,
    (c) => `&#x${c.charCodeAt(0).toString(16)};`,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
    (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`,
  ];

  /** Whoever escapes at all escapes what begins an escape. */
  const escaped = (character: string, choice: number) =>
    /[%&]/.test(character) ? Math.max(1, choice) : choice;

  it('is found in any mixture of escapes, escaped as a whole once more or not', () => {
    // What looks like an escape itself may be undone with the others.
    const secrets = fc
      .string({ unit: 'grapheme-ascii', minLength: 8, maxLength: 30 })
      .filter((secret) => !secret.includes('\\') && unescapeOnce(secret) === secret);
    const whole = fc.constantFrom<(text: string) => string>(
      (text) => text,
      encodeURIComponent,
      (text) => JSON.stringify(text),
      (text) => text.replaceAll('&', '&amp;'),
    );
    fc.assert(
      fc.property(
        secrets,
        fc.array(fc.nat(escapes.length - 1), { minLength: 30, maxLength: 30 }),
        whole,
        (secret, choices, outer) => {
          const spelled = Array.from(secret, (c, i) => escapes[escaped(c, choices[i]!)]!(c)).join('');
          const text = `<i>${outer(spelled)}</i> `;
          const known = knownValues([secret]);
          expect(known.occurIn(text)).toBe(true);
          // Cut out, or withheld: never shown.
          const masked = known.mask(text);
          expect(masked === undefined || !known.occurIn(masked)).toBe(true);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('is not seen where it is not: a text without it stays the very same', () => {
    const text = '{"a":"\\u4e00%20&amp;\\/","b":"Q2FuYXJ5","c":"canary"} 43616e617279';
    expect(knownValues([SECRET]).mask(text)).toBe(text);
    expect(knownValues(['abc', '']).mask('abc')).toBe('abc');
  });

  it('in bytes beyond ASCII is found as UTF-8, percent-encoded or escaped', () => {
    const known = knownValues(['密码-一二三四']);
    for (const spelled of [
      '密码-一二三四',
      encodeURIComponent('密码-一二三四'),
      '&#23494;&#30721;-一二三&#x56db;',
    ]) {
      expect(known.mask(`a ${spelled} b`)).toBe('a *** b');
    }
  });

  it('hostile text costs no more than linear time', () => {
    const known = knownValues([SECRET, 'a'.repeat(60), '&#0'.repeat(8)]);
    for (const piece of ['&#0', '%25', '\\\\', '&amp;', 'a', 'Canary/', '\\u0061', '%2525']) {
      const text = piece.repeat(200_000 / piece.length);
      const startedAt = performance.now();
      known.mask(text);
      expect([piece, performance.now() - startedAt < 5_000]).toEqual([piece, true]);
    }
  });
});
