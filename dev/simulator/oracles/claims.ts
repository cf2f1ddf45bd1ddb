/** Records of Idempotency-Keys, held against their state machine at every write. */
import { recordKey } from '../../../lib/calls/idempotency/claim-state.ts';
import type { Attributes } from '../dynamodb/attributes.ts';
import type { Change, Commit } from '../dynamodb/database.ts';
import { SITE } from '../platform/site.ts';
import { NAMES } from '../process/stage.ts';
import type { Violations } from '../violations.ts';

/** Clocks differ by so much at most, milliseconds. */
const SKEW_MS = 3_100;

export class Claims {
  readonly #violations: Violations;
  readonly #takeovers = new Map<string, number>();

  constructor(violations: Violations) {
    this.#violations = violations;
  }

  takeovers(key: string): number {
    return this.#takeovers.get(recordKey(`caller|${SITE}`, key)) ?? 0;
  }

  watch({ at, changes }: Commit): void {
    for (const change of changes) if (change.table === NAMES.tables.idempotency) this.#look(change, at);
  }

  #look({ key, before, after }: Change, at: number): void {
    const pk = key['pk']?.S ?? '';
    const [was, is] = [stateOf(before), stateOf(after)];
    const isOwn = ownerOf(before) === ownerOf(after);
    const tell = (what: string) => this.#violations.add(`the record of a key was ${was}, and ${what}`);
    if (was === 'completed' || was === 'unresolved') {
      if (!(is === was && isOwn)) tell(`became ${is}`);
    } else if (was === 'claimed' && is === 'claimed' && !isOwn) {
      this.#takeovers.set(pk, (this.#takeovers.get(pk) ?? 0) + 1);
      if (Number(before!['claimExpiresAt']?.N) > at + SKEW_MS) tell('was taken over before its time');
    } else if (was === 'claimed' && (is === 'completed' || is === 'unresolved') && !isOwn) {
      tell(`was made ${is} by another`);
    }
    // A claim that does not end within a minute blocks its key.
    if (is === 'claimed' && Number(after!['claimExpiresAt']?.N) > at + 60_000) tell('claimed for too long');
  }
}

const stateOf = (item: Attributes | undefined): string => item?.['state']?.S ?? 'absent';
const ownerOf = (item: Attributes | undefined): string => item?.['owner']?.S ?? '';
