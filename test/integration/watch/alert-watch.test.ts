import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { readFileSync, readdirSync } from 'node:fs';
import { createAlertWatch } from '../../../dev/alerts/watch-alerts.ts';
import { readAdvice } from '../../../dev/alerts/what-to-do.ts';
import { systemClock as clock } from '../../../lib/runtime/clock.ts';
import { alertId } from '../../../lib/watch/alerts/alerts.ts';
import type { AlertInput } from '../../../lib/watch/alerts/alerts.ts';
import { createAlerts } from '../../../lib/watch/alerts/create-alerts.ts';
import { cursors } from '../../cursors.ts';
import { openStores } from '../../stores.ts';
import type { TestStores } from '../../stores.ts';

let stores: TestStores;
const lines: string[] = [];
beforeAll(async () => {
  stores = await openStores();
});
afterAll(() => stores.close());
beforeEach(() => void lines.splice(0));

const place = () => ({ documents: stores.documents, table: stores.names.tables.records });
const open = () => createAlertWatch({ ...place(), tell: (line) => void lines.push(line) });
const created = () => createAlerts({ ...place(), cursors, clock, log: { warn: () => undefined } });
const alerts = () => created().alerts;

const locked: AlertInput = {
  kind: 'LOGIN_LOCKED',
  subject: 'ORDERS',
  severity: 'critical',
  summary: 'Three refused logins.',
};

it('W1: an alert is told when it fires and when it is resolved, once each, with what to do', async () => {
  const watch = open();
  await watch.look();
  await alerts().raise(locked);
  await watch.look();
  await alerts().raise({ ...locked, summary: 'Four refused logins.' });
  await watch.look();
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(
    /^alert \(critical\) LOGIN_LOCKED ORDERS: Three refused logins\. What to do: \/logins has .* gatehouse session unlock CODE$/,
  );
  await alerts().resolve('LOGIN_LOCKED', 'ORDERS');
  await watch.look();
  await watch.look();
  expect(lines.slice(1)).toEqual(['resolved (critical) LOGIN_LOCKED ORDERS: Four refused logins.']);
});

it('one that somebody sees to is no resolved one', async () => {
  const watch = open();
  await alerts().raise({ ...locked, kind: 'LOGIN_UNCLEAR' });
  await watch.look();
  await created().alertStore.acknowledge(alertId('LOGIN_UNCLEAR', 'ORDERS'), 'me');
  await watch.look();
  expect(lines).toHaveLength(1);
  await alerts().resolve('LOGIN_UNCLEAR', 'ORDERS');
  await watch.look();
  expect(lines[1]).toMatch(/^resolved /);
});

it('W1: what fired before the start, and fires anew between two looks, is told', async () => {
  await alerts().raise(locked);
  const watch = open();
  await watch.look();
  expect(lines).toHaveLength(1);
  await alerts().resolve('LOGIN_LOCKED', 'ORDERS');
  await alerts().raise(locked);
  await watch.look();
  expect(lines).toHaveLength(2);
});

it('W1: one line, without secrets or terminal escapes, also of a kind that the page does not name', async () => {
  const summary = 'It said\n\u001b[2Jpassword=canary-77d1 \u2028here.';
  await alerts().raise({ kind: 'UNHEARD_OF', subject: 'B', severity: 'info', summary });
  await open().look();
  const line = lines.find((one) => one.includes('UNHEARD_OF'))!;
  expect(line).toContain('What to do: see docs/users/watching.md#alerts');
  expect(line).not.toContain('canary-77d1');
  expect(line).not.toMatch(/[\p{Cc}\u2028]/u);
});

it('W1: the page says for every kind of alert what to do', () => {
  const advice = readAdvice();
  const root = new URL('../../../lib/', import.meta.url);
  const sources = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(new URL(file, root), 'utf8'));
  const raising = sources.filter((source) => /\balerts?\b.*\.raise\(|\.raise\(\{/.test(source)).join('\n');
  const kinds = [...raising.matchAll(/\bkind: (?:'([A-Z_]+)'|([A-Z_]+)\b)/g)].map(([, text, name]) => {
    if (text !== undefined) return text;
    return sources.map((source) => new RegExp(`const ${name} = '([A-Z_]+)'`).exec(source)?.[1]).find(Boolean);
  });
  expect(kinds.length).toBeGreaterThan(4);
  for (const kind of kinds) expect([kind, advice.get(kind!)]).toEqual([kind, expect.any(String)]);
});
