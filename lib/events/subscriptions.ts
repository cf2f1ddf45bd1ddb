/** Subscriptions in the table: made and changed by people, disabled by runners. */
import { GatewayError } from '../runtime/errors.ts';
import { invalid } from '../runtime/field-errors.ts';
import { omitUndefined } from '../runtime/omit-undefined.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Random } from '../runtime/random.ts';
import { deliveryAddressProblem } from './delivery-address.ts';
import type { Vault } from '../vendors/secrets/vault.ts';
import { createRecipientItems } from './recipient-items.ts';
import type { Recipient, RecipientItems, RecipientPlace } from './recipient-items.ts';
import type { DisabledReason, Subscription, SubscriptionInfo } from './subscription.ts';
import { infoOf, subscriptionItem } from './subscription-item.ts';

export interface NewSubscription {
  url: string;
  events: string[];
  services?: string[];
  description?: string;
  ordered?: boolean;
  createdBy: string;
}

/** `services: null`: of all. */
export interface SubscriptionChange {
  url?: string;
  events?: string[];
  services?: string[] | null;
  description?: string;
  enabled?: boolean;
}

/** Methods that take an id reject with `NOT_FOUND` for one that there is not. */
export interface Subscriptions {
  /** `VALIDATION_FAILED` for an address that must not be reached, or one too many. The secret is shown this once. */
  create(input: NewSubscription): Promise<SubscriptionInfo & { secret: string }>;
  list(): Promise<SubscriptionInfo[]>;
  get(id: string): Promise<SubscriptionInfo>;
  change(id: string, change: SubscriptionChange): Promise<SubscriptionInfo>;
  remove(id: string): Promise<void>;
  /** A new secret; the former one signs, too, for 24 hours. */
  rotate(id: string): Promise<{ secret: string }>;

  /** As runners need it. */
  read(id: string): Promise<Subscription | undefined>;
  /**
   * What deliveries are signed with now. `undefined`: the key of the present one is lost; it has to be rotated.
   * @throws as the keys' store does
   */
  secretsOf(subscription: Subscription): Promise<string[] | undefined>;
  disable(id: string, reason: DisabledReason): Promise<void>;
  /** @param since ISO time of the first failure after a success; `undefined`: it has succeeded. */
  noteFailing(id: string, since: string | undefined): Promise<void>;
}

export interface SubscriptionsOptions extends RecipientPlace {
  vault: Vault;
  clock: Clock;
  random: Random;
  /** Stage `local`: loopback addresses, too, by `http:`. */
  isLocal: boolean;
}

/**
 * Of one stage. Each may occupy one run of `publish` for as long as its endpoint does not answer; the function's reserved
 * concurrency (serverless.yml) is twice this, so that streams always find room beside them.
 */
const MOST = 50;
const FORMER_SECRET_MS = 24 * 3_600_000;
const SECRET_BYTES = 32;

export function createSubscriptions(options: SubscriptionsOptions): Subscriptions {
  const { vault, clock, random, isLocal } = options;
  const items = createRecipientItems(options);
  const now = () => new Date(clock.now()).toISOString();

  const read: Subscriptions['read'] = async (id) => subscriptionOf(await items.read(id));

  async function known(id: string): Promise<Subscription> {
    const subscription = await read(id);
    if (!subscription) throw new GatewayError('NOT_FOUND', `Subscription ${id} not found.`);
    return subscription;
  }

  const all = async () => (await items.all()).flatMap((one) => subscriptionOf(one) ?? []);

  function checkUrl(url: string): void {
    const problem = deliveryAddressProblem(url, { isLocal });
    if (problem !== undefined) throw invalid('url', problem);
  }

  const newSecret = () => `whsec_${random.bytes(SECRET_BYTES).toString('base64')}`;
  const sealed = async (id: string, secret: string) => ({ sealed: await vault.seal(scopeOf(id), secret) });

  /** Reads, changes and writes what a person changes: again where another person was faster. */
  async function revise(
    id: string,
    change: (before: Subscription) => Record<string, unknown> | Promise<Record<string, unknown>>,
  ): Promise<Subscription> {
    for (;;) {
      const before = await known(id);
      const fields = { ...(await change(before)), updatedAt: now(), revision: before.revision + 1 };
      const after = await update(id, fields, '#revision = :read', { ':read': before.revision });
      if (after) return after;
    }
  }

  const update = async (...change: Parameters<RecipientItems['update']>): Promise<Subscription | undefined> =>
    subscriptionOf(await items.update(...change));

  return {
    read,

    async create({ url, events, services, description, ordered = false, createdBy }) {
      checkUrl(url);
      if ((await all()).length >= MOST) throw invalid('url', `is one too many: there may be ${MOST}`);
      const id = random.id(clock.now());
      const at = now();
      const secret = newSecret();
      const subscription: Subscription = omitUndefined({
        kind: 'subscription' as const,
        id,
        url,
        events,
        services,
        description,
        ordered,
        enabled: true,
        createdAt: at,
        createdBy,
        updatedAt: at,
        selectingSince: at,
        revision: 1,
        rung: 0,
        secrets: [await sealed(id, secret)],
      });
      await items.put(subscriptionItem(subscription));
      return { ...infoOf(subscription, clock.now()), secret };
    },

    list: async () => (await all()).map((subscription) => infoOf(subscription, clock.now())),

    get: async (id) => infoOf(await known(id), clock.now()),

    async change(id, { enabled, services, ...change }) {
      if (change.url !== undefined) checkUrl(change.url);
      const selecting = change.events !== undefined || services !== undefined;
      const after = await revise(id, (before) => ({
        ...omitUndefined(change),
        ...(services === undefined ? {} : { services: services ?? undefined }),
        ...(selecting ? { selectingSince: now() } : {}),
        ...(enabled === undefined ? {} : switched(before, enabled, now())),
      }));
      return infoOf(after, clock.now());
    },

    async remove(id) {
      await known(id);
      await items.remove(id);
    },

    async rotate(id) {
      const secret = newSecret();
      const present = await sealed(id, secret);
      const until = new Date(clock.now() + FORMER_SECRET_MS).toISOString();
      await revise(id, ({ secrets }) => ({
        secrets: [present, { sealed: secrets[0]!.sealed, until }],
      }));
      return { secret };
    },

    async secretsOf({ id, secrets }) {
      const valid = secrets.filter(({ until }) => until === undefined || Date.parse(until) > clock.now());
      // Where the keys cannot be had just now, nothing is lost.
      await vault.open();
      const open = await Promise.all(valid.map((secret) => vault.unseal(scopeOf(id), secret.sealed)));
      return open[0] === undefined ? undefined : open.filter((secret) => secret !== undefined);
    },

    disable: async (id, reason) =>
      void (await update(id, { enabled: false, disabled: { at: now(), reason } })),

    noteFailing: async (id, since) =>
      void (await update(
        id,
        { failingSince: since },
        since === undefined ? undefined : 'attribute_exists(pk) AND attribute_not_exists(#failingSince)',
      )),
  };
}

const subscriptionOf = (recipient: Recipient | undefined): Subscription | undefined =>
  recipient?.kind === 'subscription' ? recipient : undefined;

/** What a secret is bound to: put into another subscription's item, it opens nothing. */
const scopeOf = (id: string) => `subscription ${id}`;

/** Enabled again, it is given five days again. */
function switched({ enabled: was }: Subscription, enabled: boolean, at: string): Record<string, unknown> {
  if (was === enabled) return {};
  return enabled
    ? { enabled, disabled: undefined, failingSince: undefined }
    : { enabled, disabled: { at, reason: 'PERSON' satisfies DisabledReason } };
}
