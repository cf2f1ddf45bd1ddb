import { Command, Option } from 'commander';
import { DELIVERY_STATES } from '../../lib/events/delivery.ts';
import type { DeliveryState } from '../../lib/events/delivery.ts';
import { CommandFailed, EXIT } from '../api.ts';
import type { Api } from '../api.ts';
import { counted, relative } from '../duration.ts';
import type { Answer } from '../route-types.ts';
import { examples, isoTime, several } from '../options.ts';
import { limitOptions, rangeOptions } from '../page.ts';
import type { LimitOptions, RangeOptions } from '../page.ts';
import { table } from '../table.ts';
import type { Terminal } from '../terminal.ts';

interface CreateOptions {
  event: string[];
  service?: string[];
  description?: string;
  ordered?: boolean;
}
interface DeliveriesOptions extends RangeOptions, LimitOptions {
  state?: DeliveryState;
}
interface ReplayOptions {
  failed?: boolean;
  since?: string;
  event?: string[];
  cursor?: string;
}

const EXAMPLE = '019aa4f2b1c05d3c1f0e9a7b8c6d';
const NOT_AGAIN = 'It is not shown again.';
const ID = ['<id>', 'its id, from "subscriptions list"'] as const;

export const subscriptionsCommand = (terminal: Terminal) =>
  new Command('subscriptions')
    .description('Who in the business is told what happened')
    .addCommand(list(terminal))
    .addCommand(create(terminal))
    .addCommand(show(terminal))
    .addCommand(remove(terminal))
    .addCommand(switching(terminal, 'enable'))
    .addCommand(switching(terminal, 'disable'))
    .addCommand(deliveries(terminal))
    .addCommand(test(terminal))
    .addCommand(rotate(terminal))
    .addCommand(replay(terminal));

const list = ({ api, print }: Terminal) =>
  new Command('list').description('All subscriptions, without their secrets').action(async () => {
    const { items } = await api().request('listSubscriptions');
    const rows = items.map((item) => ({ ...item, state: stateOf(item), events: item.events.join(' ') }));
    print({ items }, table(rows, ['id', 'state', 'url', 'events', 'services', 'description']));
  });

const create = ({ api, print, note }: Terminal) =>
  new Command('create')
    .description('Have events sent to an address; the secret is shown only once')
    .argument('<url>', 'where they go')
    .requiredOption('-e, --event <type>', 'transfer.settled, transfer.*, *; may be repeated', several)
    .option('-s, --service <code>', 'only of this service; may be repeated', several)
    .option('--description <text>', 'what it is for')
    .option('--ordered', "one account's transfers one after the other")
    .addHelpText(
      'after',
      examples(
        "subscriptions create https://farm.example.com/hooks -e 'transfer.*' -e user.registered",
        'subscriptions create https://farm.example.com/hooks -e transfer.settled -s URS_PROMOTION --ordered',
      ),
    )
    .action(async (url: string, { event: events, service: services, ...rest }: CreateOptions) => {
      const body = { url, events, ...(services === undefined ? {} : { services }), ...rest };
      // Before it is made: the secret is shown only once.
      for (const code of await unknownOf(services, api())) note(`there is no service ${code} yet`);
      const made = await api().request('createSubscription', { body });
      print(made, [made.secret, `The secret of subscription ${made.id}. ${NOT_AGAIN}`]);
    });

/** A service may be subscribed to before it is registered: it is no error. */
async function unknownOf(codes: string[] = [], api: Api): Promise<string[]> {
  if (codes.length === 0) return [];
  const { items } = await api.request('listServices');
  return codes.filter((code) => !items.some((service) => service.code === code));
}

const show = ({ api, print }: Terminal) =>
  new Command('show')
    .description('One subscription')
    .argument(...ID)
    .addHelpText('after', examples(`subscriptions show ${EXAMPLE}`))
    .action(async (id: string) => {
      const found = await api().request('getSubscription', { params: { id } });
      const { url, events, services, description, ordered, failingSince, formerSecretUntil } = found;
      const ago = (time: string) => relative(time, Date.now());
      print(found, [
        `${id}  ${stateOf(found)}`,
        `url       ${url}`,
        `events    ${events.join(' ')}${ordered ? ', in order per account' : ''}`,
        ...(services ? [`services  ${services.join(' ')}`] : []),
        ...(description ? [`for       ${description}`] : []),
        ...(failingSince ? [`failing   since ${failingSince} (${ago(failingSince)})`] : []),
        ...(formerSecretUntil ? [`secret    the former one signs, too, until ${formerSecretUntil}`] : []),
      ]);
    });

const remove = ({ api, print }: Terminal) =>
  new Command('delete')
    .description('Remove a subscription, and what was not delivered yet')
    .argument(...ID)
    .addHelpText('after', examples(`subscriptions delete ${EXAMPLE}`))
    .action(async (id: string) => {
      await api().request('deleteSubscription', { params: { id } });
      print({ id, deleted: true }, [`Subscription ${id} is deleted.`]);
    });

const switching = ({ api, print }: Terminal, what: 'enable' | 'disable') =>
  new Command(what)
    .description(what === 'enable' ? 'Send again, and what has waited, too' : 'Send nothing: deliveries wait')
    .argument(...ID)
    .addHelpText('after', examples(`subscriptions ${what} ${EXAMPLE}`))
    .action(async (id: string) => {
      const body = { enabled: what === 'enable' };
      const changed = await api().request('changeSubscription', { params: { id }, body });
      print(changed, [`Subscription ${id} is ${changed.enabled ? 'enabled' : 'disabled'}.`]);
    });

const deliveries = ({ api, print }: Terminal) =>
  limitOptions(
    rangeOptions(
      new Command('deliveries')
        .description('What was sent to a subscription, or is to be sent, newest first')
        .argument(...ID)
        .addOption(new Option('--state <state>', 'only these').choices(DELIVERY_STATES)),
    ),
    'listEventDeliveries',
  )
    .addHelpText('after', examples(`subscriptions deliveries ${EXAMPLE} --state dead`))
    .action(async (id: string, query: DeliveriesOptions) => {
      const page = await api().request('listEventDeliveries', { params: { id }, query });
      const rows = page.items.map(({ last, dueAt, ...item }) => ({
        ...item,
        answer: last && (last.status ?? last.error),
        due: dueAt && relative(dueAt, Date.now()),
      }));
      const more = page.cursor === undefined ? [] : [`more: --cursor ${page.cursor}`];
      const columns = ['at', 'type', 'service', 'state', 'attempts', 'answer', 'due', 'id'] as const;
      print(page, [...table(rows, [...columns]), ...more]);
    });

const test = ({ api, print }: Terminal) =>
  new Command('test')
    .description('Send a test event, and see what comes of it')
    .argument(...ID)
    .addHelpText('after', examples(`subscriptions test ${EXAMPLE}`))
    .action(async (id: string) => {
      const tested = await api().request('testSubscription', { params: { id } });
      const { delivered, status, error, durationMs } = tested;
      const answer = `${status ?? error ?? 'no answer'} after ${Math.round(durationMs)} ms`;
      if (!delivered)
        throw new CommandFailed(`The test event was not taken: ${answer}.`, EXIT.FAILED, tested);
      print(tested, [`The test event was taken: ${answer}.`]);
    });

const rotate = ({ api, print }: Terminal) =>
  new Command('rotate')
    .description('A new secret; the former one signs, too, for 24 hours')
    .argument(...ID)
    .addHelpText('after', examples(`subscriptions rotate ${EXAMPLE}`))
    .action(async (id: string) => {
      const made = await api().request('rotateSubscription', { params: { id } });
      print(made, [made.secret, `The new secret of subscription ${id}. ${NOT_AGAIN}`]);
    });

const replay = ({ api, print, note }: Terminal) =>
  new Command('replay')
    .description('Send again: what failed, some events, or everything since a time')
    .argument(...ID)
    .option('--failed', 'dead deliveries, and those that wait for another try')
    .addOption(
      new Option('--since <time>', 'everything that happened from then on, 2026-11-21T00:00:00Z').argParser(
        isoTime,
      ),
    )
    .option('--event <id>', 'this one; may be repeated', several)
    .option('--cursor <cursor>', 'go on with a replay that was broken off, beside the same choice')
    .addHelpText(
      'after',
      examples(
        `subscriptions replay ${EXAMPLE} --failed`,
        `subscriptions replay ${EXAMPLE} --since 2026-11-21T00:00:00Z`,
      ),
    )
    .action(async (id: string, { cursor: from, ...options }: ReplayOptions) => {
      const which = chosen(options);
      let [count, cursor] = [0, from];
      for (;;) {
        const body = { ...which, ...(cursor === undefined ? {} : { cursor }) };
        const done = await api().request('replaySubscription', { params: { id }, body });
        count += done.count;
        cursor = done.cursor;
        if (!done.more) break;
        note(`${count} so far; broken off here, it goes on by --cursor ${cursor}`);
      }
      print({ count }, [`${counted(count, 'event')} will be sent again.`]);
    });

function chosen({ failed, since, event }: ReplayOptions) {
  const given = [failed, since, event].filter((option) => option !== undefined);
  if (given.length !== 1) {
    throw new CommandFailed('Say which: one of --failed, --since, --event.', EXIT.USAGE);
  }
  if (since !== undefined) return { since };
  return event === undefined ? { failed: true as const } : { deliveries: event };
}

function stateOf({ enabled, disabled, failingSince }: Answer<'getSubscription'>): string {
  if (!enabled) return `disabled (${disabled?.reason ?? 'PERSON'})`;
  return failingSince === undefined ? 'enabled' : 'failing';
}
