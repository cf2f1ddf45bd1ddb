import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ERRORS_FILE, errorDocsText } from '../../../dev/generate-error-docs.ts';

test('docs/users/errors.generated.md is fresh (else: node dev/generate-error-docs.ts)', () => {
  expect(readFileSync(ERRORS_FILE, 'utf8')).toBe(errorDocsText());
});
