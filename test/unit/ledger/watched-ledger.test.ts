import { beforeEach, describe, expect, it } from 'vitest';
import { corruptRow } from '../../../lib/ledger/items.ts';
import type { Ledger, TrialBalance } from '../../../lib/ledger/ledger.ts';
import { watchedLedger } from '../../../lib/ledger/watched-ledger.ts';
import { GatewayError } from '../../../lib/runtime/errors.ts';
import type { Alerts } from '../../../lib/watch/alerts/alerts.ts';

const METHODS = [
  'post',
  'adjust',
  'reverse',
  'firstAnswer',
  'transfer',
  'find',
  'account',
  'entries',
  'currencyOf',
  'trialBalance',
] as const;

let raised: unknown[] = [];
let resolved: unknown[] = [];
beforeEach(() => {
  raised = [];
  resolved = [];
});
const alerts = {
  raise: async (alert: unknown) => void raised.push(alert),
  resolve: async (...which: unknown[]) => void resolved.push(which),
} as unknown as Alerts;

/** A ledger of which every method answers so, watched, and with what it was asked. */
function watched(answer: () => Promise<unknown>) {
  const asked: unknown[][] = [];
  const method =
    (name: string) =>
    (...given: unknown[]) => {
      asked.push([name, ...given]);
      return answer();
    };
  const inner = Object.fromEntries(METHODS.map((name) => [name, method(name)]));
  const ledger = watchedLedger(inner as unknown as Ledger, alerts) as unknown as Record<
    string,
    (...given: unknown[]) => Promise<unknown>
  >;
  return { ledger, asked };
}

describe.each(METHODS)('%s', (name) => {
  it('asks the ledger the same, and gives its answer', async () => {
    const answer = { balanced: null };
    const { ledger, asked } = watched(() => Promise.resolve(answer));
    expect(await ledger[name]!('one', 'two')).toBe(answer);
    expect(asked[0]!.slice(0, 2)).toEqual([name, 'one']);
    const takesTwo = ['firstAnswer', 'find', 'entries'].includes(name);
    expect(takesTwo ? asked[0]![2] : 'two').toBe('two');
    expect([raised, resolved]).toEqual([[], []]);
  });

  it('tells people of a row that cannot be read, and fails as the ledger does', async () => {
    const error = corruptRow('ACCT#user:7', 'balance');
    await expect(watched(() => Promise.reject(error)).ledger[name]!()).rejects.toBe(error);
    expect(raised).toEqual([
      {
        kind: 'LEDGER_CORRUPT',
        subject: 'ACCT#user:7',
        severity: 'critical',
        summary:
          "The ledger's row ACCT#user:7 is not as this product writes it: nothing can be said of it nor moved by it.",
        details: { field: 'balance' },
      },
    ]);
  });
});

it.each([
  new GatewayError('INTERNAL', 'of something else'),
  new GatewayError('INTERNAL', 'half', { internal: { row: 'r' } }),
  new GatewayError('INTERNAL', 'half', { internal: { field: 'f' } }),
  new GatewayError('STORE_UNAVAILABLE', 'busy', { internal: { row: 'r', field: 'f' } }),
  new TypeError('bug'),
])('people are not told of what is no damaged row: %s', async (error) => {
  const failing = async () => {
    throw error;
  };
  await expect(watched(failing).ledger['post']!()).rejects.toBe(error);
  expect(raised).toEqual([]);
});

describe('a trial balance', () => {
  const trial = (part: Partial<TrialBalance>) =>
    watched(() =>
      Promise.resolve({ book: 'emerald', violations: [{ accountId: 'user:7', problem: 'p' }], ...part }),
    ).ledger['trialBalance']!();

  it('that was seen not to add up is told', async () => {
    await trial({ balanced: false });
    expect(raised).toEqual([
      {
        kind: 'LEDGER_UNBALANCED',
        subject: 'emerald',
        severity: 'critical',
        summary: 'The book emerald does not add up: its trial balance says where.',
        details: { violations: 1 },
      },
    ]);
    expect(resolved).toEqual([]);
  });

  it.each([
    [{ balanced: true, transfers: 0 }, [['LEDGER_UNBALANCED', 'emerald']]],
    [{ balanced: true }, []],
    [{ balanced: null, transfers: 3 }, []],
  ])('%j ends that only where every transfer was looked at and all adds up', async (part, ended) => {
    await trial(part);
    expect(raised).toEqual([]);
    expect(resolved).toEqual(ended);
  });
});
