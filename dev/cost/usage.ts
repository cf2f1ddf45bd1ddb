/** What a load uses in a month, by component. */
import * as fact from './facts.ts';
import type { Load } from './load.ts';
import type { PriceName } from './prices.ts';
import { ratesOf } from './rates.ts';
import type { Rates } from './rates.ts';
import type { TemplateFacts } from './template-facts.ts';

export interface Usage {
  component: string;
  price: PriceName;
  units: number;
}

const MINUTE = 1 / 60;
const pieces = (bytes: number, size: number) => Math.max(1, Math.ceil(bytes / size));

export function usageOf(load: Load, template: TemplateFacts): Usage[] {
  const rates = ratesOf(load);
  const runs = runsOf(load, rates, template);
  const perSecond: [component: string, price: PriceName, units: number][] = [
    ['Lambda requests', 'lambdaRequest', sum(runs.map(({ rate }) => rate))],
    ['Lambda compute', 'lambdaGbSecond', sum(runs.map(({ busy, memory }) => (busy * memory) / 1_024))],
    ['API Gateway', 'httpApiRequest', rates.calls + rates.webhooks],
    ['DynamoDB writes', 'dynamodbWrite', writes(load, rates)],
    ['DynamoDB reads', 'dynamodbRead', reads(load, rates)],
    ['DynamoDB streams', 'dynamodbStreamRead', fact.STREAM_SHARDS * fact.POLLS_PER_SECOND * 3],
    ['Schedules', 'scheduledRule', template.schedules * MINUTE],
    ['Upstash Redis', 'redisCommand', redisCommands(rates)],
    ['CloudWatch logs', 'logIngested', logBytes(load, rates, runs) / fact.GB],
    ['Tracing', 'trace', sum(runs.map(({ rate }) => tracesOf(rate)))],
    ['Data to the internet', 'dataOut', bytesOut(load, rates) / fact.GB],
    ['Secrets Manager', 'secretRead', Math.min(rates.calls, rates.processes / fact.CREDENTIALS_S)],
    ['NAT gateways', 'natGb', load.natZones > 0 ? throughNat(load, rates) / fact.GB : 0],
  ];
  const perMonth: Usage[] = [
    {
      component: 'DynamoDB storage',
      price: 'dynamodbStorage',
      units: storedBytes(load, rates).all / fact.GB,
    },
    {
      component: 'DynamoDB recovery',
      price: 'dynamodbRecovery',
      units: storedBytes(load, rates).kept / fact.GB,
    },
    { component: 'Secrets Manager', price: 'secret', units: template.secrets + 1 + load.services },
    {
      component: 'CloudWatch logs',
      price: 'logStored',
      units: (logBytes(load, rates, runs) * fact.MONTH_S) / fact.GB,
    },
    { component: 'CloudWatch metrics', price: 'metric', units: metrics(load, template) },
    { component: 'CloudWatch alarms', price: 'alarm', units: template.alarmMetrics },
    { component: 'CloudWatch dashboard', price: 'dashboard', units: template.dashboards },
    { component: 'NAT gateways', price: 'natHour', units: load.natZones * 730 },
  ];
  return [
    ...perSecond.map(([component, price, units]) => ({ component, price, units: units * fact.MONTH_S })),
    ...perMonth,
  ];
}

export interface FunctionRuns {
  name: string;
  rate: number;
  /** Runs at a time. */
  busy: number;
  memory: number;
}

/** What Lambda runs: how often a second, how many at a time. */
export function runsOf(load: Load, rates: Rates, template: Pick<TemplateFacts, 'schedules'>): FunctionRuns[] {
  const { memoryMb: memory } = load;
  const run = (name: string, rate: number, ms: number, mb = memory) => ({
    name,
    rate,
    busy: (rate * ms) / 1_000,
    memory: mb,
  });
  const streams = rates.ledgerBatches + rates.eventBatches;
  const publish = run('publish', streams + rates.deliveryRuns, 0);
  return [
    run('authorizer', rates.calls, fact.AUTHORIZER_MS, memory * fact.AUTHORIZER_SHARE),
    run('proxy', rates.calls, load.callMs),
    run('webhook', rates.webhooks, load.webhookMs),
    { ...publish, busy: (streams * fact.BATCH_MS) / 1_000 + rates.deliveriesRunning },
    run('settle', rates.settleBatches, fact.BATCH_MS),
    run('keepalive', template.schedules > 0 ? MINUTE : 0, fact.KEEPALIVE_MS),
    run('monitor', template.schedules > 1 ? MINUTE : 0, fact.MONITOR_MS),
  ];
}

function writes(load: Load, rates: Rates): number {
  const sync = rates.webhooks - rates.queued;
  return sum([
    rates.calls * pieces(fact.CALL_ITEM_BYTES + load.recordBytes, fact.KB),
    sync * fact.SETTLE_UNITS,
    rates.queued * (fact.ACCEPT_UNITS + fact.SETTLE_QUEUED_UNITS),
    rates.webhooks * (fact.WEBHOOK_RECORD_UNITS + fact.TELL_UNITS),
    rates.deliveries * fact.DELIVERY_UNITS + rates.deliveryRuns * fact.RUN_UNITS,
    seals(rates),
    load.services * MINUTE * fact.MINUTE_WRITES * fact.MINUTE_WRITE_UNITS,
  ]);
}

function seals({ webhooks, ledgerBatches }: Rates): number {
  if (webhooks === 0) return 0;
  const sealing = Math.min(ledgerBatches, webhooks);
  return sealing * (2 * Math.ceil((webhooks / sealing) * fact.SEAL_ENTRY_KB) + fact.SEAL_EXTRA_UNITS);
}

/** Half a unit reads 4 KB that may be a moment old. */
const halfUnits = (bytes: number) => bytes / (4 * fact.KB) / 2;

function reads(load: Load, rates: Rates): number {
  const callBytes = fact.CALL_ITEM_BYTES + load.recordBytes;
  const looks = load.services * 6 + 4;
  const again = (lifetime: number) => Math.min(rates.calls + rates.webhooks, rates.processes / lifetime);
  return sum([
    fact.MINUTE_READS * halfUnits(rates.calls * callBytes + rates.webhooks * fact.KB),
    looks * 2 * MINUTE * 0.5,
    // To tell of a transfer its row is read; to deliver, its event; to seal, the head and the last ten pages.
    rates.webhooks + rates.deliveries,
    rates.ledgerBatches * (1 + halfUnits(10 * fact.BATCH_SIZE * fact.SEAL_ENTRY_KB * fact.KB)),
    rates.eventBatches * 0.5,
    Math.min(rates.calls, again(fact.KEY_S)) + again(fact.DEFINITION_S),
  ]);
}

const redisCommands = (rates: Rates) =>
  (rates.calls + rates.webhooks + rates.keepalives * 4) * fact.REDIS_COMMANDS;

function logBytes(load: Load, rates: Rates, runs: readonly FunctionRuns[]): number {
  const line = (bytes: number) => bytes + fact.LOG_EVENT_BYTES;
  const tells = load.logLevel === 'INFO' || load.logLevel === 'DEBUG';
  return sum([
    sum(runs.map(({ rate }) => rate)) *
      (line(fact.RUN_LINE_BYTES) + fact.PLATFORM_LINES_BYTES + 3 * fact.LOG_EVENT_BYTES),
    (rates.calls + rates.keepalives) * line(fact.CALL_LINE_BYTES),
    (rates.calls + rates.webhooks) * line(fact.ACCESS_LINE_BYTES),
    tells ? (rates.settleBatches + MINUTE) * line(fact.INFO_LINE_BYTES) : 0,
  ]);
}

const tracesOf = (rate: number) => Math.min(rate, 1 + Math.max(0, rate - 1) * fact.TRACED_SHARE);

function bytesOut({ answerBytes }: Load, rates: Rates): number {
  return sum([
    (rates.calls + rates.keepalives) * fact.PLATFORM_REQUEST_BYTES,
    rates.calls * answerBytes,
    rates.webhooks * fact.WEBHOOK_ANSWER_BYTES,
    redisCommands(rates) * fact.REDIS_REQUEST_BYTES,
    rates.deliveries * fact.EVENT_REQUEST_BYTES,
  ]);
}

/** Both ways, and no answers to callers: those go through API Gateway. */
function throughNat({ answerBytes }: Load, rates: Rates): number {
  return sum([
    (rates.calls + rates.keepalives) * (fact.PLATFORM_REQUEST_BYTES + answerBytes),
    redisCommands(rates) * 2 * fact.REDIS_REQUEST_BYTES,
    rates.deliveries * 2 * fact.EVENT_REQUEST_BYTES,
  ]);
}

function storedBytes(load: Load, rates: Rates): { all: number; kept: number } {
  const recordsS = fact.RECORD_DAYS * 86_400;
  const expiring =
    rates.calls * (fact.CALL_ITEM_BYTES + load.recordBytes + 100) +
    rates.webhooks * fact.WEBHOOK_RECORD_BYTES;
  const events = (rates.webhooks * fact.EVENT_BYTES + rates.deliveries * fact.DELIVERY_BYTES) * recordsS;
  const kept = events + rates.webhooks * fact.TRANSFER_BYTES * load.ledgerMonths * fact.MONTH_S;
  return { all: expiring * recordsS + kept, kept };
}

function metrics({ services }: Load, { functions, routes }: TemplateFacts): number {
  return (
    fact.MONITOR_METRICS +
    services * fact.SERVICE_METRICS +
    (functions + fact.ROUTE_GROUPS) * fact.RUN_METRICS +
    routes * fact.ROUTE_METRICS
  );
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0);
