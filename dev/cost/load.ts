import { parseArgs } from 'node:util';

/** What one stage has to carry, all of it at the same rate the whole month. */
export interface Load {
  callsPerSecond: number;
  webhooksPerSecond: number;
  region: string;
  /** Of `proxy`, `webhook` and the others; the authorizer has half. */
  memoryMb: number;
  /** From a call's start to its answer: nearly all of it is the platform's. */
  callMs: number;
  webhookMs: number;
  /** What of a call's request and answer the call log keeps. */
  recordBytes: number;
  answerBytes: number;
  services: number;
  sessions: number;
  subscriptions: number;
  /** Of webhooks: the share that is settled from the queue. */
  queuedShare: number;
  houseShards: number;
  logLevel: string;
  ledgerMonths: number;
  natZones: number;
}

interface NumberOption {
  field: keyof Load;
  default: number;
  says: string;
  whole?: boolean;
  least?: number;
  most?: number;
}

const LOG_LEVELS = ['DEBUG', 'INFO', 'WARN', 'ERROR'];
const MOST = 1e6;

const NUMBERS: Record<string, NumberOption> = {
  'calls-per-second': {
    field: 'callsPerSecond',
    default: 100,
    says: 'calls of operations and the raw proxy',
  },
  'webhooks-per-second': {
    field: 'webhooksPerSecond',
    default: 50,
    says: 'deposits and withdrawals by webhook',
  },
  memory: { field: 'memoryMb', default: 1_024, says: 'MB', whole: true, least: 128, most: 10_240 },
  'call-ms': { field: 'callMs', default: 300, says: 'how long a call takes', most: 29_000 },
  'webhook-ms': { field: 'webhookMs', default: 40, says: 'how long a webhook takes', most: 20_000 },
  'record-bytes': { field: 'recordBytes', default: 600, says: 'kept of request and answer', most: 8_192 },
  'answer-bytes': { field: 'answerBytes', default: 2_000, says: "a call's answer", most: 6_000_000 },
  services: { field: 'services', default: 10, says: 'third parties', whole: true },
  sessions: {
    field: 'sessions',
    default: 10,
    says: 'platform sessions kept alive every 5 minutes',
    whole: true,
  },
  subscriptions: { field: 'subscriptions', default: 1, says: 'told of each transfer', whole: true, most: 50 },
  'queued-share': {
    field: 'queuedShare',
    default: 0,
    says: 'of webhooks settled from the queue, 0 to 1',
    most: 1,
  },
  'house-shards': {
    field: 'houseShards',
    default: 16,
    says: 'of the house',
    whole: true,
    least: 1,
    most: 32,
  },
  'ledger-months': { field: 'ledgerMonths', default: 12, says: 'months of transfers that are there already' },
  'nat-zones': {
    field: 'natZones',
    default: 0,
    says: 'zones with a NAT gateway, for a fixed address',
    whole: true,
    most: 6,
  },
};

export interface Request {
  load: Load;
  json: boolean;
  /** The same at 1, 10, 100 and 1,000 times the calls and webhooks. */
  growth: boolean;
  help: boolean;
  /** A table of prices in place of the shipped one. */
  prices: string | undefined;
}

/** @throws Error that names the option that does not hold, and says what would. */
export function parseRequest(args: string[]): Request {
  const { values } = parse(args);
  const text = (name: string) => values[name] as string | undefined;
  const numbers = Object.entries(NUMBERS).map(([name, option]) => [
    option.field,
    numberOf(name, option, text(name)),
  ]);
  const logLevel = text('log-level') ?? 'INFO';
  if (!LOG_LEVELS.includes(logLevel)) {
    throw new Error(`--log-level: "${logLevel}" is none of ${LOG_LEVELS.join(', ')}`);
  }
  return {
    load: {
      ...(Object.fromEntries(numbers) as unknown as Load),
      region: text('region') ?? 'ap-east-1',
      logLevel,
    },
    json: values['json'] === true,
    growth: values['growth'] === true,
    help: values['help'] === true,
    prices: text('prices'),
  };
}

function parse(args: string[]) {
  const texts = [...Object.keys(NUMBERS), 'region', 'log-level', 'prices'];
  const flags = ['json', 'growth', 'help'];
  const options = Object.fromEntries([
    ...texts.map((name) => [name, { type: 'string' as const }]),
    ...flags.map((name) => [name, { type: 'boolean' as const }]),
  ]) as Record<string, { type: 'string' | 'boolean' }>;
  return parseArgs({ args, options });
}

function numberOf(
  name: string,
  { default: usual, least = 0, most = MOST, whole }: NumberOption,
  text?: string,
): number {
  if (text === undefined) return usual;
  const value = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most && (!whole || Number.isInteger(value))) return value;
  throw new Error(`--${name}: "${text}" is no ${whole ? 'whole ' : ''}number from ${least} to ${most}`);
}

export const HELP = [
  'npm run cost -- [options]: what a month costs, by component, and how far each ceiling is',
  ...Object.entries(NUMBERS).map(([name, { says, default: usual }]) => `  --${name} (${usual}): ${says}`),
  '  --region (ap-east-1): one of the table of prices',
  `  --log-level (INFO): ${LOG_LEVELS.join(', ')}`,
  '  --prices FILE: a table of your own, as dev/cost/prices.json',
  '  --growth: at 1, 10, 100 and 1,000 times as much',
  '  --json',
].join('\n');
