/**
 * Dependencies point one way (docs/architecture.md), and this holds them there:
 * `functions → lib/<capability> → lib/<vendor>, errors, config, runtime, json`. Exit code 1, one line per fault.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative, sep } from 'node:path';

/** The only room where a vendor's package may be imported, types included. */
const VENDORS: [packages: RegExp, room: string][] = [
  [/^@upstash\//, 'lib/redis'],
  [/^@aws-sdk\/(?:client-dynamodb|lib-dynamodb|util-dynamodb)$/, 'lib/dynamodb'],
  [/^@aws-sdk\/client-secrets-manager$/, 'lib/secrets'],
  [/^@aws-sdk\/client-lambda$/, 'lib/lambda'],
  [/^undici(?:\/|$)/, 'lib/http'],
  [/^@aws-lambda-powertools\//, 'lib/logging'],
];
/** Lambda's own words stay in the functions. */
const LAMBDA_ONLY = /^(?:@middy\/|aws-lambda$|@types\/aws-lambda)/;
/** What everything may stand on. The values: what that room may import of the others. */
const FOUNDATIONS: Record<string, string[]> = {
  'lib/errors': [],
  'lib/runtime': [],
  'lib/json': ['lib/errors'],
  'lib/config': ['lib/errors'],
  // What is redacted comes in any charset; `lib/text/charset.ts` reads it and needs nothing itself.
  'lib/redaction': ['lib/errors', 'lib/json', 'lib/predicate'],
};
const VENDOR_ROOMS = new Set(VENDORS.map(([, room]) => room));

export interface Import {
  /** As written: `zod`, `../errors/index.ts`. */
  specifier: string;
  typeOnly: boolean;
}

export interface SourceFile {
  /** From the project's root, with slashes: `lib/platforms/session/store.ts`. */
  path: string;
  text: string;
}

/** Static imports, re-exports and `import('...')` with a literal. */
export function importsOf(text: string): Import[] {
  const code = withoutComments(text);
  const found: Import[] = [];
  const statements = /^\s*(?:import|export)\s+(type\s)?[^'";()]*?(?:from\s*)?['"]([^'"]+)['"]/gm;
  for (const [, type, specifier] of code.matchAll(statements)) {
    found.push({ specifier: specifier!, typeOnly: type !== undefined });
  }
  for (const [, specifier] of code.matchAll(/\bimport\(\s*['"]([^'"]+)['"]\s*\)/g)) {
    found.push({ specifier: specifier!, typeOnly: false });
  }
  return found;
}

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, '');
}

/** One line per fault: who imports what, and why that is wrong. */
export function checkImports(files: SourceFile[]): string[] {
  const faults: string[] = [];
  const edges = new Map<string, Map<string, string>>();
  for (const { path, text } of files) {
    const room = roomOf(path);
    const fault = (why: string) => void faults.push(`${path}: ${why}`);
    const deployed = /^(?:lib|functions|client)\//.test(path);
    if (deployed && room !== 'lib/config' && readsEnvironment(text)) {
      fault('reads process.env; only lib/config does');
    }
    for (const { specifier, typeOnly } of importsOf(text)) {
      if (!specifier.startsWith('.')) {
        for (const why of packageFaults(room, path, specifier)) fault(why);
        continue;
      }
      const target = roomOf(posix.normalize(posix.join(posix.dirname(path), specifier)));
      if (target === room) continue;
      const why = roomFault(room, target, typeOnly);
      if (why) fault(`imports ${specifier}: ${why}`);
      if (room.startsWith('lib/') && target.startsWith('lib/') && !typeOnly) {
        edges.set(room, (edges.get(room) ?? new Map<string, string>()).set(target, path));
      }
    }
  }
  return [...faults, ...cycles(edges)];
}

function readsEnvironment(text: string): boolean {
  return /\bprocess\s*(?:\.\s*env\b|\[\s*['"]env)|import\s*\{[^}]*\benv\b[^}]*\}\s*from\s*['"](?:node:)?process/.test(
    withoutComments(text),
  );
}

function packageFaults(room: string, path: string, specifier: string): string[] {
  if (!/^(?:lib|functions|client)\//.test(path)) return [];
  const faults: string[] = [];
  for (const [packages, home] of VENDORS) {
    if (packages.test(specifier) && room !== home) faults.push(`imports ${specifier}; only ${home} does`);
  }
  if (LAMBDA_ONLY.test(specifier) && !path.startsWith('functions/')) {
    faults.push(`imports ${specifier}; only functions know of Lambda`);
  }
  return faults;
}

/** Why `from` may not import `to`; nothing when it may. */
function roomFault(from: string, to: string, typeOnly: boolean): string | undefined {
  if (!/^(?:lib\/|functions|client)/.test(from)) return undefined;
  if (!/^(?:lib\/|functions|client)/.test(to)) return 'what is deployed stands on lib alone';
  if (from === 'client') return typeOnly ? undefined : 'the client takes nothing of lib but types';
  if (from === 'functions') return to === 'client' ? 'functions do not use the client' : undefined;
  if (!to.startsWith('lib/')) return 'lib knows nothing of what stands on it';
  const foundation = FOUNDATIONS[from];
  if (foundation) return foundation.includes(to) ? undefined : `${from} is a foundation`;
  if (VENDOR_ROOMS.has(from)) return to in FOUNDATIONS ? undefined : 'a vendor room knows no capability';
  return undefined;
}

/** `lib/session`, `functions`, `client`, `dev` ... */
function roomOf(path: string): string {
  const [top = '', second = ''] = path.split('/');
  return top === 'lib' ? `lib/${second}` : top;
}

/** Rooms that need each other, by way of whatever else. Types need nothing. */
function cycles(edges: Map<string, Map<string, string>>): string[] {
  const found = new Map<string, string>();
  const visit = (room: string, way: string[]): void => {
    const start = way.indexOf(room);
    if (start !== -1) {
      const ring = way.slice(start);
      const key = ring.toSorted().join();
      if (!found.has(key)) {
        const through = ring.map((one, n) => edges.get(one)?.get(ring[(n + 1) % ring.length]!));
        found.set(key, `cycle: ${[...ring, room].join(' → ')} (${through.join(', ')})`);
      }
      return;
    }
    for (const next of edges.get(room)?.keys() ?? []) visit(next, [...way, room]);
  };
  for (const room of edges.keys()) visit(room, []);
  return [...found.values()];
}

/** Sources under these folders of the project, tests aside. */
export function readSources(root: string, folders = ['lib', 'functions', 'client']): SourceFile[] {
  return folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(?:m?ts|mjs)$/.test(name) && !/\.(?:test|d)\.ts$/.test(name))
      .map((name) => join(root, folder, name))
      .map((file) => ({
        path: relative(root, file).split(sep).join('/'),
        text: readFileSync(file, 'utf8'),
      })),
  );
}

if (import.meta.main) {
  const sources = readSources(dirname(import.meta.dirname));
  const faults = checkImports(sources);
  for (const fault of faults) console.error(fault);
  console.log(`imports: ${sources.length} files, ${faults.length} faults`);
  process.exitCode = faults.length > 0 ? 1 : 0;
}
