/** Partners and the books. */
import { transferKey } from '../../../lib/ledger/keys.ts';
import { Partner } from '../actors/partner.ts';
import type { PublicNetwork } from '../gateway.ts';
import { Answers } from '../oracles/answers.ts';
import { watchBooks } from '../oracles/books.ts';
import { OpeningHours } from '../oracles/opening-hours.ts';
import { Registrations } from '../oracles/registrations.ts';
import { NAMES } from '../process/stage.ts';
import { BACKGROUND_LIMIT_MS } from '../processes.ts';
import type { Processes } from '../processes.ts';
import { PARTNERS } from '../scenario.ts';
import type { PartnerCode, Scenario, Step } from '../scenario.ts';
import { pause } from '../time/process.ts';
import type { Circumstance } from '../time/process.ts';
import type { World } from '../world.ts';
import type { Side } from './side.ts';

/** What a process keeps of a definition is at most so old, milliseconds; some more for clocks that differ. */
const SETTINGS_ARE_KNOWN_MS = 40_000;

const definitionOf = (code: PartnerCode, settings: object = {}, status = 'ACTIVE') => ({
  code,
  name: code,
  status,
  baseUrl: 'https://partner.example',
  auth: { type: 'SIGNATURE' },
  webhook: {
    path: code.toLowerCase().replace('_', '-'),
    rateLimit: { limit: 100_000, windowSeconds: 60 },
    // One partner waits for its money, the other does not.
    settlement: code === 'URS_B' ? 'QUEUED' : 'SYNC',
  },
  settings: { houseShards: 2, diamondRatio: '300', fundUserId: '15', ...settings },
});

export function moneySide(
  world: World,
  processes: Processes,
  network: PublicNetwork,
  scenario: Scenario,
): Side {
  const { violations, timeline } = world;
  let mayBeInvalid = false;
  const opening = new OpeningHours(violations, () => timeline.now());
  const answers = new Answers({
    violations,
    frozenMs: (from, to) => processes.frozenMs(from, to),
    mayBeInvalid: () => mayBeInvalid,
  });
  const registrations = new Registrations(violations);
  world.watch((commit) => {
    watchBooks(commit, violations);
    const { arriving, definitionsTroubledAt } = world.network.dynamoDb;
    opening.watch(commit, arriving, definitionsTroubledAt);
    answers.watch(commit, world.network.dynamoDb.arriving);
  });
  const partners = Object.fromEntries(
    PARTNERS.map((code) => [
      code,
      new Partner(code, scenario.partnerSkews[code], { processes, network, answers, registrations }),
    ]),
  ) as Record<PartnerCode, Partner>;

  const set = (code: PartnerCode, settings?: object, status?: string): void => {
    world.define(definitionOf(code, settings, status));
    opening.set(code, status !== 'MAINTENANCE');
  };
  for (const code of PARTNERS) set(code);

  /** What an operator sees is the truth, or nothing: never a false alarm (M6). */
  const audit = async (slot: number, here: Circumstance): Promise<void> => {
    const books = await processes
      .invoke(
        slot,
        here,
        ({ parts }) => parts.ledger.trialBalance({ deep: here.chance.happens(0.5) }),
        BACKGROUND_LIMIT_MS,
      )
      .catch(() => undefined);
    if (books?.balanced === false) violations.add(`the books are said to be unbalanced: ${textOf(books)}`);
  };

  return {
    play(step: Step, here: Circumstance) {
      switch (step.kind) {
        case 'order':
          return Promise.all(
            Array.from({ length: step.copies }, () => partners[step.partner].order(step, here)),
          );
        case 'check':
          return partners[step.partner].check(step, here);
        case 'register':
          return partners[step.partner].register(step, here);
        case 'audit':
          return audit(step.slot % processes.count, here);
        case 'settings':
          mayBeInvalid = true;
          return Promise.resolve(set(step.partner, step.settings, step.status));
        default:
          return undefined;
      }
    },

    async settle(here) {
      Object.assign(network, { lostRequest: 0, lostReply: 0, twice: 0 });
      for (const code of PARTNERS) set(code);
      await pause(SETTINGS_ARE_KNOWN_MS, here);
      mayBeInvalid = false;
      for (const order of answers.orders()) {
        const reply = await partners[order.partner].order(order, here, 1);
        if (!reply || reply.status >= 500)
          violations.add(`${order.partner}#${order.transactionId} is answered ${reply?.status} in a calm`);
      }
    },

    compare() {
      const table = world.database.table(NAMES.tables.ledger);
      for (const order of answers.orders()) {
        const { pk, sk } = transferKey({ service: order.partner, transactionId: order.transactionId });
        answers.compare(order, table.read(table.rowOf({ pk: { S: pk! }, sk: { S: sk! } })));
      }
      registrations.compare(world.database);
    },
  };
}

const textOf = (value: unknown): string =>
  JSON.stringify(value, (_, member: unknown) => (typeof member === 'bigint' ? String(member) : member));
