/** What partners have said about their users: the newest statement stands, whenever an older one arrives. */
import type { WebhookReply } from '../../../lib/partners/reply.ts';
import { keysOf } from '../../../lib/referrals/keys.ts';
import type { Database } from '../dynamodb/database.ts';
import { NAMES } from '../process/stage.ts';
import type { Violations } from '../violations.ts';

interface Statement {
  code: string;
  uid: number;
  superiors: number[];
  /** By the partner's clock, seconds since the epoch. */
  sentAt: number;
}

interface Answered extends Statement {
  status: number | undefined;
}

export class Registrations {
  readonly #stated: Answered[] = [];
  readonly #violations: Violations;

  constructor(violations: Violations) {
    this.#violations = violations;
  }

  states(statement: Statement): (reply: WebhookReply | undefined) => void {
    const stated: Answered = { ...statement, status: undefined };
    this.#stated.push(stated);
    return (reply) => {
      stated.status = reply?.status;
      if (reply && ![200, 503].includes(reply.status))
        this.#violations.add(`a registration of ${statement.uid} was answered ${reply.status} ${reply.body}`);
    };
  }

  /** At the end. What nobody was told about may have been applied, or not. */
  compare(database: Database): void {
    for (const [id, all] of Map.groupBy(this.#stated, ({ code, uid }) => `${code} ${uid}`)) {
      const accepted = all.filter(({ status }) => status === 200);
      const newest = Math.max(...accepted.map(({ sentAt }) => sentAt));
      const possible = all.filter(({ sentAt, status }) =>
        status === 200 ? sentAt === newest : sentAt >= newest,
      );
      if (accepted.length === 0) continue;
      const { code, uid } = all[0]!;
      const { pk, sk } = keysOf(code).person(uid);
      const table = database.table(NAMES.tables.users);
      const item = table.read(table.rowOf({ pk: { S: pk! }, sk: { S: sk! } }));
      const superior = item?.['superior']?.S;
      const expected = possible.map(({ superiors }) =>
        superiors[0] === undefined ? undefined : String(superiors[0]),
      );
      if (!item) this.#violations.add(`${id} was registered, and is not known`);
      else if (!expected.includes(superior))
        this.#violations.add(`${id} has the superior ${superior}; last stated was ${expected.join(' or ')}`);
    }
  }
}
