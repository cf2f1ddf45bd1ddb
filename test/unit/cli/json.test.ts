import { expect, test } from 'vitest';
import { readJson } from '../../../bin/json.ts';

test.each(['1234567890123456789', '-0', '1.0', '0.10', '1e400', '123456789.123456789123'])(
  '%s is written as it was read',
  (number) => {
    const text = `{"data":[{"n":${number}}]}`;
    expect(JSON.stringify(readJson(text))).toBe(text);
  },
);

test('what a double carries is a plain number, so that commands can count with it', () => {
  expect(readJson('{"attempts":3,"share":0.5}')).toEqual({ attempts: 3, share: 0.5 });
});
