/** Both READMEs and the docs say the same, and only what is there. */
import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const READMES = ['README.md', 'README.zh-CN.md'];
const PAGES = [...READMES, 'CHANGELOG.md', ...globSync('docs/*.md', { cwd: ROOT })];
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');

const blocks = (text: string, language: string) =>
  [...text.matchAll(/^```(\w+)\n(.*?)^```/gms)]
    .filter(([, of]) => of === language)
    .map(([, , body]) => body!);

/** JSON with `//` comments, as the READMEs show a definition. */
const withoutComments = (text: string) =>
  JSON.parse(
    text.replaceAll(/"(?:[^"\\]|\\.)*"|\/\/[^\n]*/g, (part) => (part.startsWith('"') ? part : '')),
  ) as Record<string, unknown>;

const headings = (text: string) =>
  [...text.replaceAll(/^```.*?^```/gms, '').matchAll(/^(#+) /gm)].map(([, level]) => level!.length);

describe('the two READMEs', () => {
  const [english, chinese] = READMES.map(read) as [string, string];

  test.each(['sh', 'text', 'js'])('have the same %s blocks', (language) => {
    expect(blocks(english, language).length).toBeGreaterThan(0);
    expect(blocks(chinese, language)).toEqual(blocks(english, language));
  });

  test('have the same sections, and tables of the same height', () => {
    const rows = (text: string) => text.split('\n').filter((line) => line.startsWith('|')).length;
    expect(headings(chinese)).toEqual(headings(english));
    expect(rows(chinese)).toBe(rows(english));
  });

  test.each(READMES)('%s shows the work-order definition as it ships', (file) => {
    const {
      $schema: _s,
      description: _d,
      healthCheck: _h,
      monitor: _m,
      ...shipped
    } = JSON.parse(read('services/city-center-work-order.json')) as Record<string, unknown>;
    expect(blocks(read(file), 'jsonc').map(withoutComments)).toEqual([shipped]);
  });
});

describe.each(PAGES)('%s', (file) => {
  const text = read(file);

  test('links to what exists', () => {
    const prose = text.replaceAll(/^```.*?^```/gms, '');
    const links = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target!);
    const local = links.filter((target) => !/^(https?:|mailto:|#)/.test(target));
    const missing = local.filter(
      (target) => !existsSync(join(ROOT, dirname(file), target.replace(/#.*$/, ''))),
    );
    expect(missing).toEqual([]);
  });

  test('names npm scripts that exist', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const named = [...text.matchAll(/npm run (?:-s |--silent )?([\w:-]+)/g)].map(([, name]) => name!);
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });

  test('names files that exist', () => {
    const named = [
      ...text.matchAll(/`((?:dev|lib|bin|bench|test|client|functions|services)\/[\w./-]+\.\w+)`/g),
    ];
    expect(named.map(([, path]) => path!).filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });

  test('names environment variables that some code reads', () => {
    const named = new Set(text.match(/\b(?:GATEHOUSE|UPSTASH|AWS)_[A-Z][A-Z_]+\b|\bLOG_LEVEL\b/g));
    const unknown = [...named].filter((name) => !CODE.includes(name));
    expect(unknown).toEqual([]);
  });
});

/** Everything that runs, as one text. */
const CODE = globSync('{dev,lib,bin,bench,functions,test}/**/*.{ts,mjs}', { cwd: ROOT })
  .filter((file) => !file.startsWith('test/unit/docs/'))
  .map(read)
  .join('\n');

test('the map of rooms names every folder of lib', () => {
  const rooms = read('docs/architecture.md');
  const folders = readdirSync(join(ROOT, 'lib'), { withFileTypes: true }).filter((entry) =>
    entry.isDirectory(),
  );
  expect(folders.map(({ name }) => `lib/${name}/`).filter((room) => !rooms.includes(`\`${room}\``))).toEqual(
    [],
  );
});

test('docs/dependencies.md names every dependency', () => {
  const manifest = JSON.parse(read('package.json')) as Record<string, Record<string, string>>;
  const named = read('docs/dependencies.md');
  const all = ['dependencies', 'devDependencies', 'optionalDependencies'].flatMap((kind) =>
    Object.keys(manifest[kind]!),
  );
  expect(all.filter((name) => !named.includes(`\`${name}\``))).toEqual([]);
});

test('docs/README.md lists every page', () => {
  const index = read('docs/README.md');
  const pages = globSync('*.md', { cwd: join(ROOT, 'docs') }).filter((page) => page !== 'README.md');
  expect(pages.filter((page) => !index.includes(`(${page})`))).toEqual([]);
});

test('docs/cli.md has a section for every command', () => {
  const commands = readdirSync(join(ROOT, 'bin', 'commands')).map((file) => file.replace('.ts', ''));
  const sections = new Set([...read('docs/cli.md').matchAll(/^## (\w+)$/gm)].map(([, name]) => name!));
  expect(commands.filter((name) => !sections.has(name))).toEqual([]);
});
