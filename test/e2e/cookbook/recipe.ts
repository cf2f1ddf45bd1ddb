/** The cookbook's pages as a reader takes them: the definition, the credentials, the commands. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const FOLDERS = ['docs/users/cookbook', 'docs/users/zh-CN/cookbook'];

export interface Definition extends Record<string, unknown> {
  code: string;
  baseUrl: string;
  auth: Record<string, unknown>;
}

export interface Recipe {
  definition: Definition;
  credentials: Record<string, unknown>;
  /** What a reader types, word by word, without `npx gatehouse`. */
  commands: string[][];
  /** Of the page's `gatehouse call`. */
  operation: string;
  params: Record<string, string>;
  /** Of both languages. */
  pages: readonly string[];
}

const blocks = (text: string, language: string) =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))].map(([, body]) => body!);

/** Its text in both languages. */
export const pagesOf = (page: string): string[] =>
  FOLDERS.map((folder) => readFileSync(join(ROOT, folder, `${page}.md`), 'utf8'));

/** @throws Error when one of the two pages has not all of it, or something else than the other. */
export function recipeOf(page: string, code: string): Recipe {
  const pages = pagesOf(page);
  const [english, chinese] = pages.map((text) => partsOf(text, code));
  if (JSON.stringify(english) !== JSON.stringify(chinese)) throw new Error(`${page}: ${code} differs.`);
  return { ...english!, pages };
}

/** Of a partner that calls: nothing is called of it. @throws as `recipeOf`. */
export function partnerOf(page: string, code: string): Partner {
  const [english, chinese] = pagesOf(page).map((text) => documentsOf(text, code));
  if (JSON.stringify(english) !== JSON.stringify(chinese)) throw new Error(`${page}: ${code} differs.`);
  return english!;
}

type Partner = Pick<Recipe, 'definition' | 'credentials' | 'commands'>;

function partsOf(text: string, code: string): Omit<Recipe, 'pages'> {
  const partner = documentsOf(text, code);
  const call = partner.commands.find(([verb, of]) => verb === 'call' && of === code);
  if (!call) throw new Error(`The page lacks the call of ${code}.`);
  const pairs = call.slice(3).map((word) => word.split('=') as [string, string]);
  return { ...partner, operation: call[2]!, params: Object.fromEntries(pairs) };
}

function documentsOf(text: string, code: string): Partner {
  const documents = blocks(text, 'json').map((block) => JSON.parse(block) as Record<string, unknown>);
  const at = documents.findIndex((document) => document['code'] === code);
  const commands = blocks(text, 'sh')
    .filter((block) => block.includes(` ${code} `))
    .flatMap((block) => block.trim().split('\n'))
    .map((line) => line.split(' ').slice(2));
  const credentials = documents[at + 1];
  if (at < 0 || !credentials) throw new Error(`The page lacks a part of ${code}.`);
  return { definition: documents[at] as Definition, credentials, commands };
}

/** The code of each definition that the cookbook holds. */
export const allCodes = (): string[] =>
  globSync('*.md', { cwd: join(ROOT, FOLDERS[0]!) })
    .flatMap((page) => blocks(readFileSync(join(ROOT, FOLDERS[0]!, page), 'utf8'), 'json'))
    .flatMap((block) => /^  "code": "(\w+)"/m.exec(block)?.[1] ?? []);
