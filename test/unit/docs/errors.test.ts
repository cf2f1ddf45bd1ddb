import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { errorPages } from '../../../dev/generate-error-docs.ts';

test.each([...errorPages()])('%s is fresh (else: npx node dev/generate-error-docs.ts)', (file, text) => {
  expect(readFileSync(file, 'utf8')).toBe(text);
});
