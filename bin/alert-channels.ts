import { text } from 'node:stream/consumers';
import { Command, Option } from 'commander';
import { ChannelRequest } from '../lib/api/alert-schemas.ts';
import { CHANNEL_TYPES } from '../lib/events/channel.ts';
import type { ChannelType } from '../lib/events/channel.ts';
import { ALERT_SEVERITIES } from '../lib/watch/alerts/alerts.ts';
import type { AlertSeverity } from '../lib/watch/alerts/alerts.ts';
import { CommandFailed, EXIT } from './api.ts';
import { examples, rangeOf, several, wholeNumber } from './options.ts';
import { table } from './table.ts';
import type { Terminal } from './terminal.ts';

interface AddOptions {
  type: ChannelType;
  secretStdin?: true;
  service?: string[];
  severity?: AlertSeverity[];
  coolDown: number;
}

const COOL_DOWN = ChannelRequest.shape.coolDownSeconds.unwrap();
const ID = ['<id>', 'its id, from "alerts channels list"'] as const;

export const channelsCommand = (terminal: Terminal) =>
  new Command('channels')
    .description('Where people are told of alerts: DingTalk, WeCom, Feishu, Slack, SNS, webhooks')
    .addCommand(list(terminal))
    .addCommand(add(terminal))
    .addCommand(remove(terminal))
    .addCommand(test(terminal));

const list = ({ api, print }: Terminal) =>
  new Command('list').description('All channels, without their keys, and which fail').action(async () => {
    const { items } = await api().request('listChannels');
    const rows = items.map((item) => ({
      ...item,
      state: item.failures === 0 ? 'ok' : `failing (${item.failures})`,
      services: item.services?.join(' '),
      severities: item.severities?.join(' '),
      coolDown: `${item.coolDownSeconds} s`,
    }));
    print(
      { items },
      table(rows, ['id', 'name', 'type', 'state', 'services', 'severities', 'coolDown', 'url', 'lastError']),
    );
  });

const add = ({ api, print }: Terminal) =>
  new Command('add')
    .description('Have alerts sent there')
    .argument('<name>', 'what people call it')
    .argument(
      '[url]',
      "the robot's address, of SNS the topic's ARN; absent: the first line of standard input",
    )
    .addOption(new Option('-t, --type <type>', 'its kind').choices(CHANNEL_TYPES).makeOptionMandatory())
    .option('--secret-stdin', "the robot's secret is the next line of standard input")
    .option('-s, --service <code>', 'only of this service; may be repeated', several)
    .addOption(
      new Option(
        '--severity <severity>',
        `only of this severity (${ALERT_SEVERITIES.join(', ')}); may be repeated`,
      ).argParser(severity),
    )
    .addOption(
      new Option(
        '--cool-down <seconds>',
        `told again of an alert that goes on after so long, ${rangeOf(COOL_DOWN)}`,
      )
        .argParser(wholeNumber(COOL_DOWN))
        .default(1_800),
    )
    .addHelpText(
      'after',
      examples(
        'alerts channels add "on call" -t DINGTALK --secret-stdin < robot.txt',
        'alerts channels add night -t SLACK --severity critical < slack.txt',
        'alerts channels add mail arn:aws:sns:ap-east-1:123456789012:gatehouse-prod-alarms -t SNS',
      ) +
        "\nA robot's address is a secret, too: whoever has it can write. In a file it is in no list of processes.",
    )
    .action(async (name: string, url: string | undefined, options: AddOptions) => {
      const { type, service: services, severity: severities, coolDown } = options;
      const body = {
        name,
        type,
        ...(await target(url, options)),
        ...(services === undefined ? {} : { services }),
        ...(severities === undefined ? {} : { severities }),
        coolDownSeconds: coolDown,
      };
      const made = await api().request('createChannel', { body });
      const next = `gatehouse alerts channels test ${made.id}`;
      const secret = made.secret === undefined ? [] : [made.secret, 'Its secret. It is not shown again.'];
      print(made, [...secret, `Channel ${made.id} is there. Does it work? ${next}`]);
    });

function severity(value: string, before: AlertSeverity[] = []): AlertSeverity[] {
  const found = ALERT_SEVERITIES.find((one) => one === value);
  if (!found) throw new CommandFailed(`--severity is one of ${ALERT_SEVERITIES.join(', ')}.`, EXIT.USAGE);
  return [...before, found];
}

/** No secret is an argument: others on this machine see those. */
async function target(
  url: string | undefined,
  { secretStdin }: AddOptions,
): Promise<{ url: string; secret?: string }> {
  const isAsked = url === undefined || secretStdin;
  if (isAsked && process.stdin.isTTY)
    throw new CommandFailed('Give the address as an argument, or a file as standard input.', EXIT.USAGE);
  const lines = isAsked ? (await text(process.stdin)).trim().split(/\s*\n\s*/) : [];
  const address = url ?? lines.shift();
  const secret = secretStdin ? lines.shift() : undefined;
  if (!address || (secretStdin && !secret))
    throw new CommandFailed('Standard input is too short: the address, then the secret.', EXIT.INVALID);
  return { url: address, ...(secret === undefined ? {} : { secret }) };
}

const remove = ({ api, print }: Terminal) =>
  new Command('remove')
    .description('Remove a channel, and what was not sent yet')
    .argument(...ID)
    .addHelpText('after', examples('alerts channels remove 019aa4f2b1c05d3c1f0e9a7b8c6d'))
    .action(async (id: string) => {
      await api().request('deleteChannel', { params: { id } });
      print({ id, removed: true }, [`Channel ${id} is removed.`]);
    });

const test = ({ api, print }: Terminal) =>
  new Command('test')
    .description('Send a test message now, and see what comes of it')
    .argument(...ID)
    .addHelpText('after', examples('alerts channels test 019aa4f2b1c05d3c1f0e9a7b8c6d'))
    .action(async (id: string) => {
      const tested = await api().request('testChannel', { params: { id } });
      const { delivered, status, error, durationMs } = tested;
      const answer = `${error ?? status ?? 'no answer'} after ${Math.round(durationMs)} ms`;
      if (!delivered)
        throw new CommandFailed(`The test message was not taken: ${answer}.`, EXIT.FAILED, tested);
      print(tested, [`The test message was taken: ${answer}. Do people see it?`]);
    });
