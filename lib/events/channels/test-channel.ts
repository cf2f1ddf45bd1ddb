/** One message that nothing has happened for, sent at once: do people see it? */
import type { Clock, Deadline } from '../../runtime/clock.ts';
import { GatewayError } from '../../runtime/errors.ts';
import type { Random } from '../../runtime/random.ts';
import { alertId } from '../../watch/alerts/alerts.ts';
import type { Alert } from '../../watch/alerts/alerts.ts';
import type { Outlets } from '../outlet.ts';
import { tested } from '../test-event.ts';
import type { Tested } from '../test-event.ts';
import { ALERT_TEST } from './alert-notice.ts';
import type { Channels } from './create-channels.ts';

export interface ChannelTestDeps {
  channels: Pick<Channels, 'get' | 'noteFailed' | 'noteTaken'>;
  outlets: Outlets;
  clock: Clock;
  random: Random;
}

/** What comes of it is noted with the channel. `NOT_FOUND`; `CONFIGURATION_ERROR` where its secret is lost. */
export async function testChannel(id: string, deadline: Deadline, deps: ChannelTestDeps): Promise<Tested> {
  const { channels, outlets, clock, random } = deps;
  const channel = await channels.get(id);
  const outlet = await outlets.open(channel);
  if (!outlet) {
    throw new GatewayError('CONFIGURATION_ERROR', 'The channel can no longer be opened: add it again.');
  }
  const at = new Date(clock.now()).toISOString();
  const message = {
    id: `evt_test_${random.id(clock.now())}`,
    type: ALERT_TEST,
    at,
    dataText: JSON.stringify(testAlert(channel.name, at)),
  };
  const answer = await tested(outlet, message, deadline);
  if (answer.delivered) await channels.noteTaken(channel);
  else await channels.noteFailed(channel, answer.error ?? `HTTP ${answer.status}`);
  return answer;
}

const testAlert = (name: string, at: string): Omit<Alert, 'told'> => ({
  id: alertId('TEST', name),
  kind: 'TEST',
  subject: name,
  severity: 'info',
  summary: '这是一条测试消息，没有发生任何故障。This is a test: nothing is wrong.',
  state: 'firing',
  firstAt: at,
  lastAt: at,
  count: 1,
});
