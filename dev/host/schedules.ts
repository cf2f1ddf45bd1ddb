import { randomUUID } from 'node:crypto';
import type { FunctionDeclaration } from './declared.ts';

const UNIT_MS = { minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const;

export interface Schedules {
  stop(): void;
}

/**
 * EventBridge's `rate(...)`: first after one interval, then on; a run that takes longer than the interval
 * does not hold up the next, as on AWS.
 */
export function startSchedules(
  declared: FunctionDeclaration[],
  invoke: (functionName: string, event: unknown) => void,
): Schedules {
  const timers = declared.flatMap(({ name, schedules }) =>
    schedules.map((rate) => setInterval(() => invoke(name, scheduledEvent(name)), intervalOf(rate))),
  );
  return { stop: () => timers.forEach((timer) => clearInterval(timer)) };
}

/** `rate(5 minutes)` → milliseconds. @throws Error for anything else. */
function intervalOf(expression: string): number {
  const parts = /^rate\(([1-9]\d*) (minute|hour|day)s?\)$/.exec(expression);
  if (!parts) throw new Error(`serverless.yml: the local stack does not support the schedule ${expression}`);
  return Number(parts[1]) * UNIT_MS[parts[2] as keyof typeof UNIT_MS];
}

function scheduledEvent(functionName: string) {
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': 'Scheduled Event',
    source: 'aws.events',
    account: '000000000000',
    time: new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
    region: 'local',
    resources: [`arn:aws:events:local:000000000000:rule/${functionName}`],
    detail: {},
  };
}
