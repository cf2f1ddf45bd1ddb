import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';

const Price = z.object({
  usd: z.number().nonnegative(),
  /** How many units that is the price of. */
  per: z.number().positive(),
  unit: z.string(),
  source: z.url(),
  /** The same in every region. */
  everywhere: z.boolean().default(false),
});

const NAMES = [
  'lambdaRequest',
  'lambdaGbSecond',
  'httpApiRequest',
  'dynamodbWrite',
  'dynamodbRead',
  'dynamodbStorage',
  'dynamodbRecovery',
  'dynamodbStreamRead',
  'scheduledRule',
  'secret',
  'secretRead',
  'redisCommand',
  'logIngested',
  'logStored',
  'metric',
  'alarm',
  'dashboard',
  'trace',
  'dataOut',
  'natHour',
  'natGb',
] as const;
export type PriceName = (typeof NAMES)[number];

const PriceTable = z.object({
  asOf: z.iso.date(),
  note: z.string().optional(),
  /** AWS's prices there are these times the factor. */
  regions: z.record(z.string(), z.object({ factor: z.number().positive(), says: z.string() })),
  prices: z.record(z.enum(NAMES), Price),
});
export type PriceTable = z.output<typeof PriceTable>;

const SHIPPED = join(import.meta.dirname, 'prices.json');

/** @throws Error that names the file and what of it does not hold. */
export function readPrices(file = SHIPPED): PriceTable {
  const parsed = PriceTable.safeParse(jsonOf(file));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Error(`--prices: ${file}: ${issue?.path.join('.')}: ${issue?.message}`);
}

function jsonOf(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new Error(`--prices: ${file} cannot be read as JSON`, { cause });
  }
}

/** USD for so many units in a region. */
export function priceOf(
  { prices, regions }: PriceTable,
  region: string,
  name: PriceName,
  units: number,
): number {
  const { usd, per, everywhere } = prices[name];
  return (units / per) * usd * (everywhere ? 1 : regions[region]!.factor);
}
