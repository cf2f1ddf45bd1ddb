/** What a claim tells the business of each person that it writes, in the same transaction. */
import { eventIdOf } from '../events/event.ts';
import type { BusinessEvent } from '../events/event.ts';
import type { UserId } from '../text/user-id.ts';
import type { Person } from './person.ts';
import type { UplineClaim } from './upline-claim.ts';

interface Written {
  uid: UserId;
  person: Person | undefined;
  superiors: UserId[];
  uplineChanges: boolean;
  /** ISO 8601, UTC. */
  at: string;
}

/** `undefined`: nothing that the business asked to know. Of who has never come to us nothing is told. */
export function eventOf(
  { service, claim }: { service: string; claim: UplineClaim },
  { uid, person, superiors, uplineChanges, at }: Written,
): BusinessEvent | undefined {
  const told = (type: 'user.registered' | 'user.superiors_changed', data: object): BusinessEvent => ({
    // A claim tells each of them once; its transaction is tried again as the same claim.
    id: eventIdOf(type, service, uid, claim.token),
    type,
    at,
    service,
    dataText: JSON.stringify({ service, uid, superiors, ...data }),
  });
  if (uid === claim.uid && claim.enters && person?.state !== 'user') {
    return told('user.registered', { created: true });
  }
  if (person?.state !== 'user' || !uplineChanges) return undefined;
  return told('user.superiors_changed', { before: person.superiors });
}
