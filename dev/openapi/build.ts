/**
 * Writes what is generated from the route table, at build time and not in the Lambda: the OpenAPI document, the
 * docs page, and the client's types. `npm run build:openapi`; a test fails when a file is stale.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ASSETS } from './assets.ts';
import { clientRoutesText } from './client-routes.ts';
import { openapi } from './document.ts';
import { docsPage } from './page.ts';
import { VERSION } from './scalar.ts';

const ROOT = join(import.meta.dirname, '..', '..');

/** Every generated file, by path: its whole text. */
export function generatedFiles(): Map<string, string> {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
  return new Map([
    [join(ASSETS, 'openapi.json'), `${JSON.stringify(openapi(version), null, 1)}\n`],
    [join(ASSETS, 'docs.html'), docsPage(VERSION)],
    [join(ROOT, 'client', 'routes.generated.ts'), clientRoutesText()],
  ]);
}

if (import.meta.main) {
  for (const [file, text] of generatedFiles()) {
    writeFileSync(file, text);
    process.stdout.write(`${file}\n`);
  }
}
