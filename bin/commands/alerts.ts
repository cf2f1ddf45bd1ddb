import { Command, Option } from 'commander';
import { ALERT_STATES } from '../../lib/watch/alerts/alerts.ts';
import type { AlertState } from '../../lib/watch/alerts/alerts.ts';
import { relative } from '../duration.ts';
import { isLoopback } from '../loopback.ts';
import { examples } from '../options.ts';
import { limitOptions, pageLines } from '../page.ts';
import type { LimitOptions } from '../page.ts';
import type { Terminal } from '../terminal.ts';
import { channelsCommand } from '../alert-channels.ts';

interface ListOptions extends LimitOptions {
  state?: AlertState;
}

export const alertsCommand = (terminal: Terminal) =>
  new Command('alerts')
    .description('What needs care, and who is told of it')
    .addCommand(list(terminal))
    .addCommand(acknowledge(terminal))
    .addCommand(channelsCommand(terminal));

const list = ({ api, print, note }: Terminal) =>
  limitOptions(
    new Command('list')
      .description('Alerts: those that need care first, then the newest')
      .addOption(new Option('--state <state>', 'only these').choices(ALERT_STATES)),
    'listAlerts',
  )
    .addHelpText('after', examples('alerts list --state firing', '--json alerts list'))
    .action(async (query: ListOptions) => {
      const page = await api().request('listAlerts', { query });
      // On a laptop the terminal of npm start is a channel, as long as there is no other.
      const byTerminal = isLoopback(api().url) && (await api().request('listChannels')).items.length === 0;
      const rows = page.items.map((item) => ({
        ...item,
        since: relative(item.firstAt, Date.now()),
        by: item.acknowledgedBy,
        told: item.told ? 'yes' : byTerminal ? 'terminal' : 'NO',
      }));
      const columns = [
        'id',
        'state',
        'severity',
        'kind',
        'subject',
        'since',
        'count',
        'told',
        'by',
        'summary',
      ];
      print(page, pageLines({ ...page, items: rows }, columns));
      if (rows.some(({ state, told }) => state === 'firing' && told === 'NO'))
        note('told NO: no channel has taken it. gatehouse alerts channels list');
    });

const acknowledge = ({ api, print }: Terminal) =>
  new Command('ack')
    .description('Say that you see to it: no more reminders until it is resolved')
    .argument('<id>', 'its id, from "alerts list" or from the message')
    .addHelpText('after', examples('alerts ack alr_nIQXJ-w1xpKplh-XC_J-'))
    .action(async (id: string) => {
      const alert = await api().request('acknowledgeAlert', { params: { id } });
      const { kind, subject, acknowledgedBy } = alert;
      print(alert, [`${kind} ${subject} is acknowledged by ${acknowledgedBy}.`]);
    });
