/** Both READMEs and the docs say the same in both languages, and only what is there. */
import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const MAX_README_BYTES = 20_000;
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');

/** Every page of the repository, from its root. */
const PAGES = globSync('{*.md,{docs,events,bench,client,dev,functions,lib,services,test}/**/*.md}', {
  cwd: ROOT,
});
const pagesOf = (folder: string) => globSync('*.md', { cwd: join(ROOT, folder) });

/** Folders of pages for users, and of their Chinese counterparts. */
const TWINS: [english: string, chinese: string][] = [
  ['docs/users', 'docs/users/zh-CN'],
  ['docs/users/cookbook', 'docs/users/zh-CN/cookbook'],
];

/** A page and its Chinese counterpart. */
const PAIRS: [english: string, chinese: string][] = [
  ['README.md', 'README.zh-CN.md'],
  ['docs/cookbook.md', 'docs/cookbook.zh-CN.md'],
  ...TWINS.flatMap(([english, chinese]) =>
    pagesOf(english).map((page): [string, string] => [`${english}/${page}`, `${chinese}/${page}`]),
  ),
];

const FENCED = /^```(\w*)\n(.*?)^```$/gms;

const blocks = (text: string, language: string) =>
  [...text.matchAll(FENCED)].filter(([, of]) => of === language).map(([, , body]) => body!);

const withoutBlocks = (text: string) => text.replaceAll(FENCED, '');

/** JSON with `//` comments, as a page shows a definition. */
const withoutComments = (text: string) =>
  JSON.parse(
    text.replaceAll(/"(?:[^"\\]|\\.)*"|\/\/[^\n]*/g, (part) => (part.startsWith('"') ? part : '')),
  ) as Record<string, unknown>;

const headings = (text: string) =>
  [...withoutBlocks(text).matchAll(/^(#+) (.+)$/gm)].map(([, level, title]) => ({
    level: level!.length,
    title: title!,
  }));

const tableRows = (text: string) =>
  withoutBlocks(text)
    .split('\n')
    .filter((line) => line.startsWith('|')).length;

/** How GitHub names a heading's anchor: letters, digits, hyphens; a name taken before gets a number. */
function anchors(text: string): Set<string> {
  const found = new Set<string>();
  for (const { title } of headings(text)) {
    const slug = title
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, '')
      .replaceAll(' ', '-');
    let anchor = slug;
    for (let count = 1; found.has(anchor); count += 1) anchor = `${slug}-${count}`;
    found.add(anchor);
  }
  return found;
}

/** What is wrong with a page's links: a file that is not there, an anchor that its target lacks. */
function brokenLinks(file: string): string[] {
  const links = [...withoutBlocks(read(file)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target!);
  return links.filter((link) => {
    if (/^(https?:|mailto:)/.test(link)) return false;
    const [path = '', anchor] = link.split('#');
    const target = path === '' ? file : join(dirname(file), path);
    if (!existsSync(join(ROOT, target))) return true;
    return anchor !== undefined && target.endsWith('.md') && !anchors(read(target)).has(anchor);
  });
}

describe('the two READMEs', () => {
  test.each(['README.md', 'README.zh-CN.md'])('%s is short', (file) => {
    expect(Buffer.byteLength(read(file))).toBeLessThanOrEqual(MAX_README_BYTES);
  });
});

test.each(TWINS)('every page of %s is there in both languages', (english, chinese) => {
  expect(pagesOf(english).length).toBeGreaterThan(0);
  expect(pagesOf(chinese).toSorted()).toEqual(pagesOf(english).toSorted());
});

describe.each(PAIRS)('%s and %s', (english, chinese) => {
  test.each(['sh', 'text', 'js', 'ts', 'json', 'python', 'php'])('have the same %s blocks', (language) => {
    expect(blocks(read(chinese), language)).toEqual(blocks(read(english), language));
  });

  test('have the same sections in the same order, and tables of the same height', () => {
    const levels = (file: string) => headings(read(file)).map(({ level }) => level);
    expect(levels(chinese)).toEqual(levels(english));
    expect(tableRows(read(chinese))).toBe(tableRows(read(english)));
  });

  test('show the same JSON, whatever its comments say', () => {
    expect(blocks(read(chinese), 'jsonc').map(withoutComments)).toEqual(
      blocks(read(english), 'jsonc').map(withoutComments),
    );
  });
});

test('every test that the page about security names is there', () => {
  const page = read('docs/security.md');
  const sources = globSync('test/**/*.test.ts', { cwd: ROOT }).map(read).join('\n');
  const rows = page.split('\n').filter((line) => /^\|.*\| (?:[A-Z]\d{1,2}[^|]*)\|$/.test(line));
  expect(rows.length).toBeGreaterThan(30);
  for (const row of rows) {
    // One that is not written yet says so.
    const ids = row
      .split('|')
      .at(-2)!
      .replaceAll(/[A-Z]\d+ `test\/\.{3}`/g, '');
    for (const [id] of ids.matchAll(/[A-Z]\d{1,2}/g)) {
      expect([id, new RegExp(`\\b${id}\\b`).test(sources)]).toEqual([id, true]);
    }
  }
  const files = [...page.matchAll(/`(test\/\w[^`]+)`/g)].map(([, file]) => file!);
  expect(files.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
});

test('the annotated definition is the one that ships', () => {
  const {
    $schema: _s,
    description: _d,
    healthCheck: _h,
    monitor: _m,
    ...shipped
  } = JSON.parse(read('services/city-center-work-order.json')) as Record<string, unknown>;
  const shown = blocks(read('docs/users/annotated-definition.md'), 'jsonc').map(withoutComments);
  expect(shown).toEqual([shipped]);
});

describe.each(PAGES)('%s', (file) => {
  const text = read(file);

  test('links to what exists', () => {
    expect(brokenLinks(file)).toEqual([]);
  });

  test('names npm scripts that exist', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const named = [...text.matchAll(/npm run (?:-s |--silent )?([\w:-]+)/g)].map(([, name]) => name!);
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });

  test('names files that exist', () => {
    const named = [
      ...text.matchAll(/`((?:dev|lib|bin|bench|test|client|functions|services|docs)\/[\w./-]+\.\w+)`/g),
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

test('code points to pages that exist', () => {
  const named = `${CODE}${read('serverless.yml')}`.match(/\bdocs\/[\w./-]+\.md\b/g) ?? [];
  expect(named.length).toBeGreaterThan(0);
  expect(named.filter((page) => !existsSync(join(ROOT, page)))).toEqual([]);
});

test('the map of rooms and CONTRIBUTING name every folder of lib', () => {
  const rooms = readdirSync(join(ROOT, 'lib'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
  const map = read('docs/builders/architecture.md');
  const picture = read('CONTRIBUTING.md');
  expect(rooms.filter((room) => !map.includes(`\`lib/${room}/\``))).toEqual([]);
  expect(rooms.filter((room) => !picture.includes(`<b>${room}</b>`))).toEqual([]);
});

test('the page of dependencies names every dependency', () => {
  const manifest = JSON.parse(read('package.json')) as Record<string, Record<string, string>>;
  const named = read('docs/builders/dependencies.md');
  const all = ['dependencies', 'devDependencies', 'optionalDependencies'].flatMap((kind) =>
    Object.keys(manifest[kind]!),
  );
  expect(all.filter((name) => !named.includes(`\`${name}\``))).toEqual([]);
});

test.each([...TWINS.flat(), 'docs/builders'])('%s/README.md lists every page of its folder', (folder) => {
  const index = read(`${folder}/README.md`);
  const pages = pagesOf(folder).filter((page) => basename(page) !== 'README.md');
  expect(pages.length).toBeGreaterThan(0);
  expect(pages.filter((page) => !index.includes(`(${page})`))).toEqual([]);
});

test.each(['docs/users/cli.md', 'docs/users/zh-CN/cli.md'])('%s has a section for every command', (page) => {
  const commands = readdirSync(join(ROOT, 'bin', 'commands')).map((file) => file.replace('.ts', ''));
  const sections = new Set(headings(read(page)).map(({ title }) => title));
  expect(commands.filter((name) => !sections.has(name))).toEqual([]);
});
