/**
 * Fetches the script of the docs page: one prebuilt file of `@scalar/api-reference`, checked in compressed. The
 * package is not a dependency: 272 packages and 290 MB would be installed for this one file. To update: set `VERSION`
 * and `INTEGRITY`, run `node dev/openapi/scalar.ts`, set `SCRIPT_SHA256`, run `npm run build:openapi`.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { ASSETS } from './assets.ts';

export const VERSION = '1.72.1';
/** Of the package: `npm view @scalar/api-reference@VERSION dist.integrity`. */
const INTEGRITY =
  'sha512-XpEJ0rfc/cXbCrR+iC4kK0o/WwX2dTtGQbT049OlPKAHD6IMIFdTeGz2r+M27P2EDWKyUITRm/NzlP8z2pw/Ow==';
/** Of the script as it is served: a test compares the checked-in file with it. */
export const SCRIPT_SHA256 = 'f3bb64ca0f78738e7c392ab299475ee787126a06ab289c9af11117546c7ebe87';

const LICENCE = `/*!
@scalar/api-reference ${VERSION}, https://github.com/scalar/scalar

MIT License

Copyright (c) 2023-present Scalar

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
*/
`;

/** The script, as the package has it, under its licence. */
function fetchScript(): string {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-scalar-'));
  try {
    const npm = ['pack', `@scalar/api-reference@${VERSION}`, '--silent'];
    const archive = join(folder, execFileSync('npm', npm, { cwd: folder, encoding: 'utf8' }).trim());
    const integrity = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`;
    if (integrity !== INTEGRITY) throw new Error(`The package is not the expected one: ${integrity}`);
    execFileSync('tar', ['-xzf', archive, 'package/dist/browser/standalone.js'], { cwd: folder });
    const script = readFileSync(join(folder, 'package/dist/browser/standalone.js'), 'utf8');
    // The source map stays in the package.
    return LICENCE + script.replace(/\n\/\/# sourceMappingURL=\S*\s*$/, '\n');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (import.meta.main) {
  const script = fetchScript();
  writeFileSync(join(ASSETS, 'scalar.js.gz'), gzipSync(script, { level: 9 }));
  const sha256 = createHash('sha256').update(script).digest('hex');
  process.stdout.write(`SCRIPT_SHA256 ${sha256}\n`);
}
