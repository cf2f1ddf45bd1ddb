/** How people are told: in the format of their channel, for a few minutes; a channel that fails is shown, and goes on being tried. */
import type { Deadline } from '../../runtime/clock.ts';
import { isGatewayError } from '../../runtime/errors.ts';
import { MASK } from '../../text/redaction/mask.ts';
import { maskValues } from '../../text/redaction/known-values.ts';
import type { AlertFiring, AlertStore, Alerts } from '../../watch/alerts/alerts.ts';
import type { Channel, ChannelTarget } from '../channel.ts';
import type { Health, Outlets } from '../outlet.ts';
import { post } from '../send.ts';
import type { Message, SendDeps, Sent } from '../send.ts';
import { noticeOf } from './alert-notice.ts';
import type { Channels } from './create-channels.ts';
import type { AwsAccess, Format } from './format.ts';
import { FORMATS } from './formats.ts';

export interface ChannelOutletsDeps extends SendDeps {
  channels: Pick<Channels, 'targetOf' | 'noteFailed' | 'noteTaken'>;
  alerts: Alerts;
  alertStore: Pick<AlertStore, 'noteTold'>;
  aws?: AwsAccess | undefined;
}

/** SPEC 13 */
const RETRY_SECONDS = [5, 30, 120];
/** Kind of the alert about a channel; `subject` is its id. */
const CHANNEL_FAILING = 'CHANNEL_FAILING';

export const channelOutlets = (deps: ChannelOutletsDeps): Outlets<Channel> => ({
  async open(channel) {
    const target = await deps.channels.targetOf(channel);
    if (!target) return undefined;
    const format = FORMATS[channel.type];
    const { everyMs } = format;
    const mask = maskValues(secretsOf(target));
    return {
      retrySeconds: RETRY_SECONDS,
      ...(everyMs === undefined ? {} : { everyMs }),
      async send(message, deadline) {
        const sent = await sendAs(format, target, message, deadline, deps);
        return sent.error === undefined ? sent : { ...sent, error: mask(sent.error) };
      },
    };
  },
  healthOf: (channel) => createChannelHealth(channel, deps),
});

async function sendAs(
  format: Format,
  target: ChannelTarget,
  message: Message,
  deadline: Deadline,
  deps: ChannelOutletsDeps,
): Promise<Sent> {
  const { clock, aws } = deps;
  const now = clock.now();
  const failed = (error: string): Sent => ({
    at: new Date(now).toISOString(),
    durationMs: clock.now() - now,
    outcome: 'failed',
    error,
  });
  const notice = noticeOf(message);
  if (!notice) return failed('EVENT_UNREADABLE');
  try {
    const posting = await format.compose(notice, target, { now, aws }, message);
    return await post(posting, (answer) => format.judge(answer), deadline, deps);
  } catch (error) {
    if (!isGatewayError(error, 'CONFIGURATION_ERROR')) throw error;
    return failed(error.message);
  }
}

/** What lets anybody write to it, wherever the other side repeats it. */
function secretsOf({ url, secret }: ChannelTarget): string[] {
  const address = URL.parse(url);
  const parts = address ? [...address.searchParams.values(), ...address.pathname.split('/').slice(-1)] : [];
  return [...parts, secret ?? ''].filter((part) => part.length >= MASK.length);
}

/** Of one run, or of a test. */
function createChannelHealth(channel: Channel, deps: ChannelOutletsDeps): Health {
  const { channels, alerts, alertStore } = deps;
  const { id, name, type, coolDownSeconds } = channel;
  let { failures } = channel;
  const alarm = (why: string) =>
    alerts.raise({
      kind: CHANNEL_FAILING,
      subject: id,
      severity: 'warning',
      summary: `The alert channel "${name}" (${type}) ${why}`,
    });
  return {
    isDisabled: () => false,

    async succeeded({ at, dataText }) {
      await alertStore.noteTold(JSON.parse(dataText) as AlertFiring, { channel: id, at, coolDownSeconds });
      if (failures === 0) return;
      failures = 0;
      await channels.noteTaken(channel);
      await alerts.resolve(CHANNEL_FAILING, id);
    },

    async failed({ status, error }, isGivenUp) {
      const why = error ?? `HTTP ${status}`;
      await channels.noteFailed({ ...channel, failures }, why);
      failures += 1;
      if (isGivenUp) await alarm(`has not taken a message, and it was given up: ${why}.`);
    },

    async unreadable() {
      await channels.noteFailed({ ...channel, failures }, 'SECRET_LOST');
      await alarm('can no longer be opened: the key that sealed its address is gone. Add it again.');
    },
  };
}

/** It is there no longer. */
export const resolveChannelAlerts = (id: string, alerts: Alerts): Promise<void> =>
  alerts.resolve(CHANNEL_FAILING, id);
