/** The page about deploying, and the runbook: their commands parse, their parameters are there, the policy fits the template. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { main } from '../../../bin/main.ts';
import { checkDeployer } from '../../../dev/template/deployer.ts';
import { Template } from '../../../dev/template/template.ts';
import { recordOutput } from '../functions/written.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');
const PAGES = ['deploy.md', 'runbook.md'].flatMap((page) => [
  `docs/users/${page}`,
  `docs/users/zh-CN/${page}`,
]);
const USAGE = 2;

/** `gatehouse ...` in code, without what a shell does around it. */
const commandsOf = (page: string) => [
  ...new Set(
    [...page.matchAll(/(?:^|`)(?:npx )?gatehouse ((?:[a-z]+)(?: [^`\n|#]+)?)/gm)].map(([, words]) =>
      words!.trim(),
    ),
  ),
];

describe.each(PAGES)('%s', (file) => {
  let output: ReturnType<typeof recordOutput>;
  beforeEach(() => void (output = recordOutput()));
  afterEach(() => void vi.restoreAllMocks());

  it.each(commandsOf(read(file)))('gatehouse %s', async (words) => {
    const args = words.replace('...', 'x').split(' ');
    const code = await main(['--url', 'http://127.0.0.1:9', '--key', 'gh_none', ...args]);
    // A person has one.
    const asksPassword = output.text().includes('There is no terminal to ask for the password');
    expect([code === USAGE, output.text()]).toEqual([asksPassword, expect.anything()]);
  });
});

it('an unknown command is noticed', async () => {
  recordOutput();
  expect(await main(['ledger', 'verfy'])).toBe(USAGE);
  vi.restoreAllMocks();
});

it.each(['docs/users/deploy.md', 'docs/users/zh-CN/deploy.md'])('%s names every parameter', (file) => {
  const { params } = parse(read('serverless.yml'), { merge: true, logLevel: 'silent' }) as {
    params: { default: Record<string, unknown> };
  };
  const rows = [...read(file).matchAll(/^\| `(\w+)` +\|[^|]*\| (?:`?)([\w,]+)(?:`?) +\|$/gm)];
  const shown = Object.fromEntries(rows.map(([, name, value]) => [name, value]));
  for (const [name, value] of Object.entries(params.default))
    expect([name, shown[name]]).toEqual([name, String(value)]);
});

describe('the policy of who deploys', () => {
  const policy = JSON.parse(read('docs/users/deployer-policy.json')) as {
    Statement: { Sid: string; Action: string[]; Resource: unknown }[];
  };
  const one = (Type: string) => ({ Type, Properties: {} });
  const faultsOf = (types: string[], changed: unknown = policy) =>
    checkDeployer(
      Template.parse({ Resources: Object.fromEntries(types.map((type, n) => [`R${n}`, one(type)])) }),
      changed,
    ).map(({ where, what }) => `${where}: ${what}`);

  it('says what it lacks for a type, and what it has for nothing', () => {
    expect(faultsOf(['AWS::Kinesis::Stream'])).toContainEqual(
      expect.stringContaining('AWS::Kinesis::Stream: is not known'),
    );
    expect(faultsOf(['AWS::SQS::Queue'])).toContainEqual(
      expect.stringContaining('Tables: of docs/users/deployer-policy.json is needed by nothing'),
    );
    const less = { ...policy, Statement: policy.Statement.filter(({ Sid }) => Sid !== 'DeadLetters') };
    expect(faultsOf(['AWS::SQS::Queue'], less)).toContain(
      'DeadLetters: is missing in docs/users/deployer-policy.json',
    );
  });

  it('is for one stage, action by action', () => {
    const wide = structuredClone(policy);
    wide.Statement.find(({ Sid }) => Sid === 'Tables')!.Resource = '*';
    wide.Statement.find(({ Sid }) => Sid === 'Roles')!.Action.push('iam:*');
    expect(faultsOf([], wide)).toEqual(
      expect.arrayContaining(["Tables: allows *, which is not the stage's own", 'Roles: allows iam:*']),
    );
  });
});
