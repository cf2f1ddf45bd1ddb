/** Help, options and the route table say the same; a value that is wrong goes nowhere. */
import type { Command } from 'commander';
import { afterEach, describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { EXIT } from '../../../bin/api.ts';
import { main } from '../../../bin/main.ts';
import { timeToCome } from '../../../bin/options.ts';
import { createProgram } from '../../../bin/program.ts';
import { ROUTES } from '../../../lib/api/routes.ts';
import type { RouteId } from '../../../lib/api/routes.ts';

const leavesOf = (command: Command, path: string[] = []): [path: string, leaf: Command][] =>
  command.commands.length === 0
    ? [[path.join(' '), command]]
    : command.commands.flatMap((sub) => leavesOf(sub, [...path, sub.name()]));
const LEAVES = new Map(leavesOf(createProgram({ json: false })));

function helpOf(leaf: Command): string {
  let help = '';
  leaf.configureOutput({ writeOut: (text) => (help += text) });
  leaf.outputHelp();
  return help;
}

/** What each command that lists asks. */
const LISTS: Record<string, RouteId> = {
  'alerts list': 'listAlerts',
  'audit list': 'listAudit',
  'calls list': 'listCalls',
  'deliveries list': 'listDeliveries',
  'deliveries unverified': 'listUnverifiedRequests',
  'export audit': 'exportAudit',
  'export calls': 'exportCalls',
  'export deliveries': 'exportDeliveries',
  'export transfers': 'exportTransfers',
  'logins list': 'listLogins',
  metrics: 'listMetrics',
  'quota history': 'getQuotaHistory',
  'services revisions': 'listRevisions',
  'subscriptions deliveries': 'listEventDeliveries',
  'transfers dead': 'listDeadLetters',
  'transfers list': 'listSettledTransfers',
};
interface Fields {
  properties: Record<string, { minimum?: number; maximum?: number }>;
}
const fieldsOf = (route: RouteId) => {
  const { query } = ROUTES[route] as { query: z.ZodType };
  return (z.toJSONSchema(query, { io: 'input', unrepresentable: 'any' }) as unknown as Fields).properties;
};
const optionsOf = (path: string) => LEAVES.get(path)!.options.map((option) => option.attributeName());

describe('lists', () => {
  it('have each a row in this test', () => {
    const paged = (id: string) => /^(list|export)/.test(id) && 'limit' in fieldsOf(id as RouteId);
    const admin = Object.entries(ROUTES).filter(
      ([, route]) => route.path.startsWith('/v1/admin/') && 'query' in route,
    );
    expect(Object.values(LISTS)).toEqual(
      expect.arrayContaining(admin.map(([id]) => id).filter((id) => paged(id))),
    );
    const limited = [...LEAVES.keys()].filter((path) => optionsOf(path).includes('limit'));
    expect(Object.keys(LISTS)).toEqual(expect.arrayContaining(limited));
  });

  it.each(Object.entries(LISTS))('%s has an option for every filter of %s, and no other', (path, route) => {
    const ours = new Set(['limit', 'cursor', 'format', 'out']);
    const filters = (names: string[]) => names.filter((name) => !ours.has(name)).toSorted();
    expect(filters(optionsOf(path))).toEqual(filters(Object.keys(fieldsOf(route))));
  });

  it.each(Object.entries(LISTS).filter(([path]) => optionsOf(path).includes('limit')))(
    '%s says in its help how many %s gives',
    (path, route) => {
      const { minimum, maximum } = fieldsOf(route)['limit']!;
      expect(helpOf(LEAVES.get(path)!)).toMatch(
        new RegExp(String.raw`--limit <n> +how many, from ${minimum} to ${maximum}\b`),
      );
    },
  );
});

/** As a shell reads it: quotes, a comment, files that its streams are. */
const wordsOf = (line: string): string[] =>
  [...line.replace(/\s(#|[<>]\s).*/, '').matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    ([, single, double, bare]) => single ?? double ?? bare!,
  );

describe('examples', () => {
  /** Nothing to choose: the name says it all. */
  const needed = [...LEAVES].filter(([, leaf]) => leaf.registeredArguments.length + leaf.options.length > 0);

  it.each(needed)('%s has one that the program takes', async (path, leaf) => {
    const lines = [...helpOf(leaf).matchAll(/^ {2}(gatehouse .*)$/gm)].map(([, line]) => line!);
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) {
      const program = createProgram({ json: false });
      const ran: string[] = [];
      for (const [of, command] of leavesOf(program)) command.action(() => void ran.push(of));
      await program.parseAsync(wordsOf(line).slice(1), { from: 'user' });
      expect([line, ran]).toEqual([line, [path]]);
    }
  });
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

/** Exit code and standard error. Whatever is asked of the API would end with another exit code. */
async function run(...args: string[]): Promise<{ code: number; err: string }> {
  vi.stubEnv('GATEHOUSE_URL', 'http://127.0.0.1:1');
  let err = '';
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => (err += String(text)) !== '');
  const code = await main(['node', 'gatehouse', ...args]);
  vi.restoreAllMocks();
  return { code, err };
}

describe('a value that is wrong is not sent: exit code 2, what is wrong, what it takes', () => {
  const to = ['--to', '2026-11-22T00:00:00Z'];
  it.each([
    ['--limit', /whole number from 1 to 200/, ['calls', 'list', '--limit', 'abc']],
    ['--limit', /whole number from 1 to 200/, ['audit', 'list', '--limit', '201']],
    ['--limit', /whole number from 1 to 2000/, ['transfers', 'list', '--service', 'X', '--limit', '0']],
    ['--limit', /whole number from 1 to 200/, ['transfers', 'dead', '--limit', '1.5']],
    ['--status', /whole number from 100 to 599/, ['calls', 'list', '--status', 'abc']],
    ['--attempts', /whole number from 1 on/, ['export', 'calls', '--attempts', '0']],
    ['--min-duration-ms', /whole number from 0 on/, ['calls', 'list', '--min-duration-ms', '5s']],
    ['--hours', /whole number from 1 to 24/, ['deliveries', 'unverified', '--hours', '48']],
    [
      '--cool-down',
      /from 60 to 86400/,
      ['alerts', 'channels', 'add', 'a', '-t', 'SLACK', '--cool-down', '5'],
    ],
    ['revision', /whole number from 1 on/, ['services', 'diff', 'ACME', 'abc']],
    ['revision', /whole number from 1 on/, ['services', 'rollback', 'ACME', '0']],
    ['--revision', /whole number from 1 on/, ['services', 'show', 'ACME', '--revision', 'x']],
    ['--against', /whole number from 1 on/, ['services', 'diff', 'ACME', '3', '--against', 'last']],
    ['--expires', /90d or 12h .* ISO time/, ['keys', 'create', 'a', '--expires', 'tomorrow']],
    ['--expires', /90d or 12h .* ISO time/, ['keys', 'create', 'a', '--expires', '99999999d']],
    ['--expires', /90d or 12h .* ISO time/, ['session', 'import', 'A', '--expires', 'soon']],
    ['--from', /ISO time with its zone/, ['metrics', '--from', '2026-11-22T00:00:00']],
    ['--to', /ISO time with its zone/, ['export', 'audit', '--to', 'yesterday']],
    ['--since', /ISO time with its zone/, ['subscriptions', 'replay', 'x', '--since', '2026-11-22']],
    ['--code', /Allowed choices/, ['calls', 'list', '--code', 'NONE']],
    ['--service', /required option/, ['export', 'transfers', ...to]],
    ['--from', /required option/, ['export', 'transfers', '--service', 'X', ...to]],
    ['nothing', /unknown command/, ['nothing']],
    ['nothing', /unknown command/, ['session', 'nothing', '--help']],
    ['a command', /is required/, ['session']],
    ['--nothing', /unknown option/, ['keys', 'list', '--nothing']],
    ['--severity', /is one of/, ['alerts', 'channels', 'add', 'a', '-t', 'SLACK', '--severity', 'high']],
    ['nowhere', /is not a URL/, ['--url', 'nowhere', 'keys', 'list']],
  ])('%s, %s: gatehouse %j', async (name, takes, args) => {
    const plain = await run(...args);
    expect(plain.code).toBe(EXIT.USAGE);
    expect(plain.err).toContain(name);
    expect(plain.err).toMatch(takes);
    const { code, err } = await run(...args, '--json');
    expect(code).toBe(EXIT.USAGE);
    const { detail } = JSON.parse(err) as { detail: string };
    expect(detail).toContain(name);
    expect(detail).toMatch(takes);
  });

  it('with --json says also what is wrong with a file, beside its faults', async () => {
    const missing = await run('--json', 'credentials', 'set', 'X', '/nothing/there.json');
    expect([missing.code, JSON.parse(missing.err)]).toEqual([
      EXIT.INVALID,
      { detail: '/nothing/there.json: not found.' },
    ]);
    const invalid = await run('--json', 'apply', 'package.json', '--check');
    expect([invalid.code, JSON.parse(invalid.err)]).toEqual([
      EXIT.INVALID,
      {
        detail: expect.stringContaining('package.json is not a valid definition') as string,
        file: 'package.json',
        errors: expect.arrayContaining([]) as unknown[],
      },
    ]);
  });
});

it('90d and 12h count from now, other times are as they were written', () => {
  vi.useFakeTimers({ now: Date.parse('2026-11-22T00:00:00Z') });
  expect(timeToCome('12h')).toBe('2026-11-22T12:00:00.000Z');
  expect(timeToCome('90d')).toBe('2027-02-20T00:00:00.000Z');
  expect(timeToCome('2027-01-31T00:00:00+08:00')).toBe('2027-01-31T00:00:00+08:00');
  vi.useRealTimers();
});
