/** What an alert tells the business, in the transaction that writes it. */
import type { Random } from '../runtime/random.ts';
import type { TransactItem } from '../vendors/dynamodb/documents.ts';
import type { ToldTransition } from '../watch/alerts/alert-state.ts';
import type { Alert } from '../watch/alerts/alerts.ts';
import type { Reminder } from '../watch/alerts/reminders.ts';
import { HEALTH_CHECK } from '../watch/health/endpoint-health.ts';
import { eventIdOf } from './event.ts';
import type { EventType } from './event.ts';
import type { Outbox } from './outbox.ts';

/** Raised by lib/platforms, subject `CODE` or `CODE/account`. */
const SESSION_NEEDS_PERSON = 'SESSION_NEEDS_PERSON';
/** A subject that is a service, or something of it. */
const SERVICE = /^[A-Z][A-Z0-9_]{1,63}(?![A-Za-z0-9_])/;

/** The writes that tell of an alert which fired, still fires after its cool-down, or was resolved. */
export function alertEvents(outbox: Pick<Outbox, 'recording'>, random: Pick<Random, 'uuid'>) {
  return (written: Alert, transition: ToldTransition, reminder?: Reminder): TransactItem[] => {
    // `told` is out of date as soon as somebody reads it.
    const { told: _, ...alert } = written;
    const { kind, subject, severity, firstAt, lastAt, resolvedAt = lastAt, summary } = alert;
    const at = { fired: firstAt, reminded: lastAt, resolved: resolvedAt }[transition];
    const service = SERVICE.exec(subject)?.[0];
    const telling = (type: EventType, data: object) =>
      outbox.recording({
        // The transaction makes it exactly once: an alert that fires twice within a millisecond is two happenings.
        id: eventIdOf(type, kind, subject, random.uuid()),
        type,
        at,
        ...(service === undefined ? {} : { service }),
        severity,
        ...(reminder === undefined ? {} : { recipients: reminder }),
        dataText: JSON.stringify(data),
      });
    const endpoint = { service, ...alert.details };
    if (transition === 'resolved') {
      // An alert about what is no longer checked keeps that it is down: nobody has seen it up.
      const isUp = kind === HEALTH_CHECK && alert.details?.['state'] === 'up';
      return [telling('alert.resolved', alert), ...(isUp ? [telling('service.up', endpoint)] : [])];
    }
    const events = [telling('alert.firing', alert)];
    if (transition === 'fired' && kind === HEALTH_CHECK) events.push(telling('service.down', endpoint));
    if (transition === 'fired' && kind === SESSION_NEEDS_PERSON && service !== undefined) {
      const account = subject.slice(service.length + 1);
      const whose = { service, ...(account === '' ? {} : { account }) };
      events.push(telling('session.needs_person', { ...whose, since: firstAt, summary }));
    }
    return events;
  };
}
