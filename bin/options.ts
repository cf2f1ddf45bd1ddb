/** Values of options and arguments, judged before anything is sent; and what their help says by example. */
import { InvalidArgumentError } from 'commander';
import { Time } from '../lib/api/times.ts';

/** Collects an option that may be repeated. */
export const several = (value: string, before: string[] = []): string[] => [...before, value];

/** What a number may be. Fields of the API's schemas have these names: help, check and API agree. */
interface Bounds {
  minValue: number | null;
  maxValue: number | null;
}

/** `from 1 to 200`, `from 0 on` */
export const rangeOf = ({ minValue, maxValue }: Bounds): string =>
  `from ${minValue ?? 0} ${isFinal(maxValue) ? `to ${maxValue}` : 'on'}`;

/** Zod's bound of every whole number is none that people should read. */
const isFinal = (most: number | null): most is number => most !== null && most < Number.MAX_SAFE_INTEGER;

/** An option or argument that is a whole number, in digits. */
export const wholeNumber =
  (bounds: Bounds) =>
  (value: string): number => {
    const number = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
    if (number >= (bounds.minValue ?? 0) && number <= (bounds.maxValue ?? Infinity)) return number;
    throw new InvalidArgumentError(`It takes a whole number ${rangeOf(bounds)}.`);
  };

/** A revision of a definition. */
export const revisionNumber = wholeNumber({ minValue: 1, maxValue: null });

/** A time as the API takes it. */
export function isoTime(value: string): string {
  if (Time.safeParse(value).success) return value;
  throw new InvalidArgumentError('It takes an ISO time with its zone, as 2026-11-22T00:00:00Z.');
}

const HOURS = { d: 24, h: 1 };

/** The same; `90d` and `12h` count from now. */
export function timeToCome(value: string): string {
  const [, count, unit] = /^(\d{1,5})([dh])$/.exec(value) ?? [];
  if (count !== undefined) {
    const hours = Number(count) * HOURS[unit as keyof typeof HOURS];
    return new Date(Date.now() + hours * 3_600_000).toISOString();
  }
  if (Time.safeParse(value).success) return value;
  throw new InvalidArgumentError(
    'It takes 90d or 12h from now, or an ISO time with its zone, as 2027-01-31T00:00:00Z.',
  );
}

/** What help ends with: whole commands, without the program's name. */
export const examples = (...commands: string[]): string =>
  `\nExample${commands.length > 1 ? 's' : ''}:\n${commands.map((one) => `  gatehouse ${one}`).join('\n')}`;
