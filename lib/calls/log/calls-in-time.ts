/** The calls of a service in a time, as far as figures are made of them. */
import * as z from 'zod';
import { count, toText } from '../../watch/metrics/durations.ts';
import type { Durations } from '../../watch/metrics/durations.ts';
import { minuteOf } from '../../watch/metrics/minute.ts';
import type { Minute, Minutes } from '../../watch/metrics/minute.ts';
import type { Documents } from '../../vendors/dynamodb/documents.ts';
import { queryItems } from '../../vendors/dynamodb/query-items.ts';
import { StoredNumber } from '../../vendors/dynamodb/stored-number.ts';
import { callSources } from './keys.ts';

const Counted = z.object({
  at: z.iso.datetime(),
  status: StoredNumber,
  code: z.string().optional(),
  durationMs: StoredNumber,
  attempts: StoredNumber,
  stale: z.boolean(),
});
export type CountedCall = z.output<typeof Counted>;

export interface CallsDeps {
  documents: Pick<Documents, 'query'>;
  /** The `records` table. */
  table: string;
}

const FIELDS = Object.keys(Counted.shape);
const NAMES = Object.fromEntries(FIELDS.map((field) => [`#${field}`, field]));

/**
 * Gives `take` each call that began in the time, in no order. Read eventually consistent: what was written in the last
 * second may be missing.
 */
export async function eachCall(
  { documents, table }: CallsDeps,
  service: string,
  { from, to }: Minutes,
  take: (call: CountedCall) => void,
): Promise<void> {
  const iso = (at: number) => new Date(at).toISOString();
  const read = async (partition: string) => {
    const items = queryItems(documents, {
      table,
      // A sort key is a time and an id: those of `to` itself sort behind it.
      where: 'pk = :pk AND sk BETWEEN :from AND :to',
      fields: Object.keys(NAMES),
      names: NAMES,
      values: { ':pk': partition, ':from': iso(from), ':to': iso(to) },
    });
    for await (const item of items) {
      const { success, data } = Counted.safeParse(item);
      if (success) take(data);
    }
  };
  await Promise.all(callSources(service).map(({ partition }) => read(partition)));
}

/** A 5xx of the third party that the raw proxy has passed on carries no code. */
const errorOf = ({ code, status }: CountedCall): string | undefined =>
  code ?? (status >= 500 ? 'PASSED_THROUGH' : undefined);

/** Has no window of a quota been asked? The breaker had refused it. */
const isUncounted = ({ code, stale, attempts }: CountedCall): boolean =>
  code === 'CIRCUIT_OPEN' || (stale && attempts === 0);

/** Is it one that the quotas count, or refuse? */
export const isForQuotas = (call: CountedCall): boolean => !isUncounted(call);

/** A captcha solver's quota may end a call too: then the call itself was let through. */
const isRefusedByQuota = ({ code, attempts }: CountedCall): boolean =>
  code === 'QUOTA_EXCEEDED' && attempts === 0;

export type CallFigures = Pick<Minute, 'calls' | 'errors' | 'durations' | 'counted' | 'refused'>;

/** By the minute in which they began. */
export async function callsByMinute(
  deps: CallsDeps,
  service: string,
  minutes: Minutes,
): Promise<Map<number, CallFigures>> {
  const found = new Map<number, CallFigures & { times: Durations }>();
  const figuresAt = (minute: number) => {
    const known = found.get(minute);
    if (known) return known;
    const none = { calls: 0, errors: {}, durations: '', counted: 0, refused: 0, times: new Map() };
    found.set(minute, none);
    return none;
  };
  await eachCall(deps, service, minutes, (call) => {
    const figures: CallFigures & { times: Durations } = figuresAt(minuteOf(Date.parse(call.at)));
    const error = errorOf(call);
    figures.calls += 1;
    figures.counted += Number(isForQuotas(call));
    figures.refused += Number(isRefusedByQuota(call));
    if (error !== undefined) figures.errors[error] = (figures.errors[error] ?? 0) + 1;
    count(figures.times, call.durationMs);
  });
  return new Map(
    [...found].map(([minute, { times, ...figures }]) => [minute, { ...figures, durations: toText(times) }]),
  );
}
