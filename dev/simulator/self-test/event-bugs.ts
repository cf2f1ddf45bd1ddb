/** In what business code is told, in the journal, and in alerts. */
import type { Bug } from './bug.ts';

export const EVENT_BUGS: Bug[] = [
  {
    name: 'an event that a subscriber has refused counts as delivered',
    file: 'lib/events/send.ts',
    right: "outcome: status >= 200 && status < 300 ? 'taken' : 'failed',",
    wrong: "outcome: status >= 200 && status < 600 ? 'taken' : 'failed',",
  },
  {
    name: 'an event is written down as delivered before it is sent: the process may die in between',
    file: 'lib/events/runner.ts',
    right: '    const { outcome, askedMs, ...attempt } = await outlet.send(',
    wrong: `    await deliveries.succeeded(delivery, { at: new Date(clock.now()).toISOString(), durationMs: 0 });
    const { outcome, askedMs, ...attempt } = await outlet.send(`,
  },
  {
    name: 'an event is lost when the process that was to send it dies: no sweep finds it',
    file: 'functions/monitor/due-deliveries.ts',
    right: 'run: async () => void (await wakeDeliveries(deps)),',
    wrong: 'run: async () => void (await wakeDeliveries({ ...deps, recipients: { all: async () => [] } })),',
  },
  {
    name: 'the lease of whoever sends events never ends: nobody sends for one that died',
    file: 'lib/events/lease.ts',
    right: 'const LEASE_MS = 45_000;',
    wrong: 'const LEASE_MS = 45_000_000;',
  },
  {
    name: 'an event that could not be recorded at once is forgotten',
    file: 'functions/publish/publish.ts',
    right: '(change) => insist(() => record(change), clock, deadline.at), deps);',
    wrong: '(change) => record(change).catch(() => void [clock, deadline]), deps);',
  },
  {
    name: 'a store that is away is taken for an event that nobody can read: a false alarm',
    file: 'functions/publish/publish.ts',
    right: '(change) => insist(() => record(change), clock, deadline.at), deps);',
    wrong:
      '(change) => record(change).catch(() => { throw new TypeError(`${clock.now()} ${deadline.at}`); }), deps);',
  },
  {
    name: 'the events of an account do not wait for the one before',
    file: 'lib/events/runner.ts',
    right: 'if (recipient.ordered && order && order.after?.id !== before) {',
    wrong: 'if (!recipient.ordered && order && order.after?.id !== before) {',
  },
  {
    name: 'who waits for the event before takes one that has failed for one that has ended',
    file: 'lib/events/delivery.ts',
    right: "state !== 'pending';",
    wrong: "state !== ('delivered' as typeof state) || true;",
  },
  {
    name: 'a delivery that has failed once is given up',
    file: 'lib/events/delivery.ts',
    right: 'const seconds = retrySeconds[attempts - 1];',
    wrong: 'const seconds = retrySeconds[attempts + 7];',
  },
  {
    name: 'the signature of an event is over another time than the one it says',
    file: 'lib/vendors/standard-webhooks/sign.ts',
    right: 'new Webhook(secret).sign(id, time, body)',
    wrong: 'new Webhook(secret).sign(id, new Date(at - 60_000), body)',
  },
  {
    name: 'an event tells what was asked for, not what was booked',
    file: 'lib/ledger/events.ts',
    right: 'dataText: JSON.stringify(transferView(transfer)),',
    wrong:
      'dataText: JSON.stringify({ ...transferView(transfer), amount: transferView(transfer).asked?.amount }),',
  },
  {
    name: 'the secret of a subscriber is called lost while Secrets Manager is away: a false alarm',
    file: 'lib/events/subscriptions.ts',
    right: '      await vault.open();\n',
    wrong: '',
  },
  {
    name: 'a queued transfer is given up at its first failure: a false alarm',
    file: 'lib/ledger/settlement/pending.ts',
    right: 'const RETRY_AFTER_SECONDS = [1, 2, 4, 8, 15, 30, 60];',
    wrong: 'const RETRY_AFTER_SECONDS: number[] = [];',
  },
  {
    name: 'a page of the journal does not continue the one before',
    file: 'lib/ledger/journal/append.ts',
    right: 'previous: head?.hash ?? NOTHING_BEFORE,',
    wrong: 'previous: NOTHING_BEFORE,',
  },
];
