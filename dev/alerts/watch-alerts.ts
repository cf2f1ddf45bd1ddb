/** Tells a person at the terminal of `npm start` which alerts fire and are resolved, as channels do. */
import { redactText } from '../../lib/text/redaction/redact.ts';
import type { Documents } from '../../lib/vendors/dynamodb/documents.ts';
import { queryAll } from '../../lib/vendors/dynamodb/query-items.ts';
import { alertOf, isOpen } from '../../lib/watch/alerts/alert-state.ts';
import type { Alert } from '../../lib/watch/alerts/alerts.ts';
import { ALERTS } from '../../lib/watch/alerts/keys.ts';
import { ADVICE_PAGE, readAdvice } from './what-to-do.ts';

export interface AlertWatchOptions {
  documents: Documents;
  /** The `records` table. */
  table: string;
  /** Takes one line at a time. */
  tell: (line: string) => void;
}

export interface AlertWatch {
  /** Reads the alerts, and tells what has changed since it last did. */
  look(): Promise<void>;
}

const MAX_LINE_BYTES = 2_048;

export function createAlertWatch({ documents, table, tell }: AlertWatchOptions): AlertWatch {
  const advice = readAdvice();
  /** Since when an alert fires, acknowledged or not; one that does not is absent. */
  let firing: Map<string, string> | undefined;

  return {
    async look() {
      const where = { table, where: 'pk = :alerts', values: { ':alerts': ALERTS }, consistent: true };
      const alerts = (await queryAll(documents, where)).flatMap((item) => alertOf(item, Date.now()) ?? []);
      const before = firing ?? new Map<string, string>();
      firing = new Map(alerts.filter(isOpen).map((alert) => [idOf(alert), alert.firstAt]));
      for (const alert of alerts) {
        const since = before.get(idOf(alert));
        if (isOpen(alert) && since !== alert.firstAt) tell(oneLine(firingLine(alert, advice)));
        if (!isOpen(alert) && since !== undefined) tell(oneLine(resolvedLine(alert)));
      }
    },
  };
}

const LOOK_EVERY_MS = 1_000;

/** @returns what ends it. */
export function watchAlerts(options: AlertWatchOptions): () => Promise<void> {
  const watch = createAlertWatch(options);
  let looking: Promise<void> | undefined;
  const look = () => {
    // The stores may be stopping, or slow: the next look sees what this one has missed.
    looking ??= watch.look().then(forget, forget);
  };
  const forget = () => void (looking = undefined);
  const timer = setInterval(look, LOOK_EVERY_MS);
  timer.unref();
  look();
  return async () => {
    clearInterval(timer);
    await looking;
  };
}

const idOf = ({ kind, subject }: Alert) => `${kind}#${subject}`;

function firingLine(
  { severity, kind, subject, summary }: Alert,
  advice: ReadonlyMap<string, string>,
): string {
  const toDo = advice.get(kind) ?? `see ${ADVICE_PAGE}`;
  return `alert (${severity}) ${kind} ${subject}: ${summary} What to do: ${toDo}`;
}

const resolvedLine = ({ severity, kind, subject, summary }: Alert) =>
  `resolved (${severity}) ${kind} ${subject}: ${summary}`;

/** What a platform or partner sent may be in it: no secret, and nothing that moves the cursor. */
const oneLine = (text: string) => redactText(text, MAX_LINE_BYTES).replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ');
