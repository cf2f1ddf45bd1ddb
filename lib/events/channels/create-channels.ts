/** Channels in the table: made and removed by people, marked by runs. */
import type { Clock } from '../../runtime/clock.ts';
import { GatewayError } from '../../runtime/errors.ts';
import { invalid } from '../../runtime/field-errors.ts';
import { omitUndefined } from '../../runtime/omit-undefined.ts';
import type { Random } from '../../runtime/random.ts';
import type { Vault } from '../../vendors/secrets/vault.ts';
import type { AlertSeverity } from '../../watch/alerts/alerts.ts';
import { COOL_DOWN_SECONDS } from '../../watch/alerts/reminders.ts';
import type { Channel, ChannelInfo, ChannelTarget, ChannelType } from '../channel.ts';
import { channelInfo, channelItem } from '../channel-item.ts';
import { createRecipientItems } from '../recipient-items.ts';
import type { RecipientPlace } from '../recipient-items.ts';
import { FORMATS } from './formats.ts';

export interface NewChannel {
  name: string;
  type: ChannelType;
  url: string;
  secret?: string;
  services?: string[];
  severities?: AlertSeverity[];
  /** Default 1,800. */
  coolDownSeconds?: number;
  createdBy: string;
}

export interface Channels {
  /**
   * `VALIDATION_FAILED` for an address or a secret that cannot be right, or one too many.
   * @returns with the secret, this once, where it was made here.
   */
  create(input: NewChannel): Promise<ChannelInfo & { secret?: string }>;
  list(): Promise<ChannelInfo[]>;
  /** `NOT_FOUND`. What was not sent yet is not sent any more. */
  remove(id: string): Promise<void>;

  /** As runners need it. `NOT_FOUND` */
  get(id: string): Promise<Channel>;
  /** `undefined`: the key that sealed it is lost. */
  targetOf(channel: Channel): Promise<ChannelTarget | undefined>;
  noteFailed(channel: Channel, error: string): Promise<void>;
  noteTaken(channel: Channel): Promise<void>;
}

export interface ChannelsOptions extends RecipientPlace {
  vault: Vault;
  clock: Clock;
  random: Random;
  /** Stage `local`: loopback addresses, too, by `http:`. */
  isLocal: boolean;
}

/** Of one stage: each may occupy one run of `publish`, as a subscription may. */
const MOST = 20;
const SECRET_BYTES = 32;

export function createChannels(options: ChannelsOptions): Channels {
  const { vault, clock, random, isLocal } = options;
  const items = createRecipientItems(options);
  const now = () => new Date(clock.now()).toISOString();

  const all = async () => (await items.all()).filter((one) => one.kind === 'channel');

  const get: Channels['get'] = async (id) => {
    const found = await items.read(id);
    if (found?.kind !== 'channel') throw new GatewayError('NOT_FOUND', `Channel ${id} not found.`);
    return found;
  };

  return {
    get,

    async create({ name, type, url, secret: given, services, severities, createdBy, ...input }) {
      const format = FORMATS[type];
      const problem = format.addressProblem(url, { isLocal });
      if (problem !== undefined) throw invalid('url', problem);
      const wrong = given === undefined ? undefined : format.secretProblem?.(given);
      if (wrong !== undefined) throw invalid('secret', wrong);
      if ((await all()).length >= MOST)
        throw invalid('name', `is one too many: there may be ${MOST} channels`);
      const id = random.id(clock.now());
      const made = given === undefined ? format.newSecret?.(random.bytes(SECRET_BYTES)) : undefined;
      const target: ChannelTarget = omitUndefined({ url, secret: given ?? made });
      const { coolDownSeconds = COOL_DOWN_SECONDS } = input;
      const shown = { id, name, type, url: format.masked(url), services, severities, coolDownSeconds };
      const channel = omitUndefined({ ...shown, failures: 0, createdAt: now(), createdBy });
      const sealed = await vault.seal(scopeOf(id), JSON.stringify(target));
      await items.put(channelItem({ ...channel, sealed, rung: 0 }));
      return { ...channelInfo(channel), ...omitUndefined({ secret: made }) };
    },

    list: async () => (await all()).map(channelInfo),

    async remove(id) {
      await get(id);
      await items.remove(id);
    },

    async targetOf({ id, sealed }) {
      // Rejects while no key can be had: that is not one that is lost.
      await vault.open();
      const text = await vault.unseal(scopeOf(id), sealed);
      return text === undefined ? undefined : (JSON.parse(text) as ChannelTarget);
    },

    async noteFailed({ id, failures }, lastError) {
      // Of two at the same time one is counted: it is a sign, not a sum.
      await items.update(id, { failures: failures + 1, lastError, lastErrorAt: now() });
    },

    async noteTaken({ id }) {
      await items.update(id, { failures: 0, lastError: undefined, lastErrorAt: undefined });
    },
  };
}

/** What a target is bound to: put into another channel's item, it opens nothing. */
const scopeOf = (id: string) => `channel ${id}`;
