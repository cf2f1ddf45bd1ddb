/** What lists are filtered by: the same on the screen and as files. */
import { Option } from 'commander';
import { CallsQuery } from '../lib/api/schemas.ts';
import { VERDICTS } from '../lib/partners/deliveries.ts';
import { ERROR_CODES } from '../lib/runtime/errors.ts';
import { wholeNumber } from './options.ts';
import { rangeFilters } from './page.ts';

const { attempts, minDurationMs, maxDurationMs } = CallsQuery.shape;
const STATUS = { minValue: 100, maxValue: 599 };

const ofService = () => new Option('--service <code>', 'of this service');

export const callFilters = (): Option[] => [
  ofService(),
  new Option('--operation <name>', 'of this operation'),
  new Option('--path <path>', 'to this path, or one that begins so'),
  new Option('--status <n>', 'that callers got this status for').argParser(wholeNumber(STATUS)),
  new Option('--code <code>', 'that ended in this error').choices(ERROR_CODES),
  new Option('--request-id <id>', 'the one with this request id'),
  new Option('--caller <id>', 'of this key or person'),
  new Option('--attempts <n>', 'that took so many requests').argParser(wholeNumber(attempts.unwrap())),
  new Option('--min-duration-ms <n>', 'that took at least so long').argParser(
    wholeNumber(minDurationMs.unwrap()),
  ),
  new Option('--max-duration-ms <n>', 'that took at most so long').argParser(
    wholeNumber(maxDurationMs.unwrap()),
  ),
  new Option('--q <text>', 'with this text in the kept request or answer'),
  ...rangeFilters(),
];

export const deliveryFilters = (): Option[] => [
  ofService(),
  new Option('--action <name>', 'of this action'),
  new Option('--verdict <verdict>', 'that ended so').choices(VERDICTS),
  new Option('--cause <cause>', 'rejected for this: SIGNATURE, EXPIRED, MALFORMED ...'),
  new Option('--code <code>', 'that ended in this error'),
  new Option('--source <address>', 'from this address'),
  new Option('--transaction-id <id>', 'of this order'),
  new Option('--request-id <id>', 'the one with this request id'),
  ...rangeFilters(),
];

export const auditFilters = (): Option[] => [
  new Option('--who <id>', 'by this key or person: user:alice'),
  new Option('--action <name>', 'of this kind: putService, putCredentials, createKey ...'),
  new Option('--target <path>', 'of this thing, and what lies under it: services/CODE'),
  ...rangeFilters(),
];

/** All are needed: money is settled for a service, within a time. */
export const settledFilters = (): Option[] =>
  [ofService(), ...rangeFilters()].map((option) => option.makeOptionMandatory());
