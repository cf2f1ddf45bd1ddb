/** Which events are whose business. */
import type { AlertSeverity } from '../watch/alerts/alerts.ts';
import { EVENT_TYPES } from './event.ts';
import type { BusinessEvent } from './event.ts';

/** `transfer.settled`, all of a kind (`transfer.*`), or `*`. */
export const EVENT_PATTERNS: readonly string[] = [
  '*',
  ...new Set(EVENT_TYPES.map((type) => `${kindOf(type)}.*`)),
  ...EVENT_TYPES,
];

export interface Selection {
  /** Patterns: `EVENT_PATTERNS`. */
  events: readonly string[];
  /** Codes; absent: of all services, and of none. */
  services?: string[];
  /** Of alerts; absent: of every severity, and what has none. */
  severities?: AlertSeverity[];
}

type Selected = Pick<BusinessEvent, 'type' | 'service' | 'severity'>;

/** Is this event its business? Of what happened before it was made, nothing is, unless it is replayed. */
export function wants(
  recipient: Selection & { createdAt: string },
  event: Selected & Pick<BusinessEvent, 'at'>,
): boolean {
  return selects(recipient, event) && event.at >= recipient.createdAt;
}

export function selects(
  { events, services, severities }: Selection,
  { type, service, severity }: Selected,
): boolean {
  const patterns = ['*', `${kindOf(type)}.*`, type];
  return (
    events.some((pattern) => patterns.includes(pattern)) &&
    includes(services, service) &&
    includes(severities, severity)
  );
}

const includes = <T>(chosen: readonly T[] | undefined, value: T | undefined): boolean =>
  chosen === undefined || (value !== undefined && chosen.includes(value));

function kindOf(type: string): string {
  return type.slice(0, type.indexOf('.'));
}
