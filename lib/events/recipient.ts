/** Whoever is told of events: business code (a subscription), or people (a channel of alerts). */
import type { Selection } from './selection.ts';

/** What a run of deliveries needs to know of it. Times are ISO 8601, UTC. */
export interface Runnable extends Selection {
  id: string;
  /** What is not enabled has its deliveries wait. */
  enabled: boolean;
  /** The events of one account are sent one after the other, each when the one before has ended. */
  ordered: boolean;
  createdAt: string;
  /** Since when its selection is what it is. */
  selectingSince: string;
  /** Counts calls for a runner that came while one was at work. */
  rung: number;
}
