/**
 * What one call, one webhook, one event costs in each store. Each figure names where it comes from; a test measures or
 * reads again those that can be. What has no source is an assumption, and says so.
 */
export const MONTH_S = 730 * 3_600;
export const GB = 1e9;
export const KB = 1_024;

/** docs/builders/ledger.md "Access patterns": settle. */
export const SETTLE_UNITS = 8;
/** docs/builders/settlement.md "Items": accept, and settle one. */
export const ACCEPT_UNITS = 2;
export const SETTLE_QUEUED_UNITS = 9;
/** docs/builders/events.md "Items": tell of a transfer; an event to a subscription; a delivery that succeeds; a run. */
export const TELL_UNITS = 2;
export const DELIVERY_UNITS = 2 + 2;
export const RUN_UNITS = 3;
/** docs/builders/journal.md "Cost": a page of n entries is written twice its size and 3 more. */
export const SEAL_ENTRY_KB = 0.15;
export const SEAL_EXTRA_UNITS = 3;
/** docs/builders/call-log-and-alerts.md: an item beside its request and answer. */
export const CALL_ITEM_BYTES = 400;
/** A partner's delivery, up to 1 KB: the item, and the same again in index `byTime` (lib/watch/records/sources.ts). */
export const WEBHOOK_RECORD_UNITS = 2;
/** docs/builders/monitoring.md "What it costs": each minute is read three times, and written one and a half. */
export const MINUTE_READS = 3;
export const MINUTE_WRITES = 1.5;
export const MINUTE_WRITE_UNITS = 3;

/** docs/builders/pipeline.md "Round trips of a warm call": one script with a guard; of a webhook one (docs/builders/partners.md). */
export const REDIS_COMMANDS = 1;

/** Bytes of a metric line, measured by the test on lib/calls/log/metric-line.ts and functions/wiring/invocation.ts. */
export const CALL_LINE_BYTES = 500;
export const RUN_LINE_BYTES = 480;
/** Assumed: Lambda's START, END and REPORT of a run; API Gateway's access line; a line of level INFO. */
export const PLATFORM_LINES_BYTES = 450;
export const ACCESS_LINE_BYTES = 330;
export const INFO_LINE_BYTES = 350;
/** CloudWatch counts so much more for each log event. */
export const LOG_EVENT_BYTES = 26;

/** serverless.yml: `memorySize` of the authorizer is half of the others'. */
export const AUTHORIZER_SHARE = 0.5;
/** Assumed, milliseconds, warm: checking a key; a batch of a stream; the minute's runs. */
export const AUTHORIZER_MS = 5;
export const BATCH_MS = 100;
export const KEEPALIVE_MS = 1_000;
export const MONITOR_MS = 3_000;
/** lib/events/runner.ts: how many deliveries a run has on the wire at once; a subscriber's answer is assumed at 100 ms. */
export const DELIVERIES_AT_ONCE = 10;
export const SUBSCRIBER_MS = 100;
/** lib/events/runner.ts: a run stays so long after its last delivery, milliseconds. */
export const RUN_STAYS_MS = 1_000;

/** Streams of a table paid by request begin with as many shards; Lambda asks each of them four times a second. */
export const STREAM_SHARDS = 4;
export const POLLS_PER_SECOND = 4;
/** serverless.yml: `batchSize`. */
export const BATCH_SIZE = 100;
/** Of a settled transfer the ledger's stream brings `publish` its row, the user's balance and the house's. */
export const STREAM_RECORDS = 3;

/** In-process lifetimes, seconds: a key (docs/users/deploy.md), a definition and credentials (docs/builders/pipeline.md). */
export const KEY_S = 5;
export const DEFINITION_S = 30;
export const CREDENTIALS_S = 60;

/** Days that are kept: docs/users/watching.md, docs/builders/events.md. */
export const RECORD_DAYS = 30;
/** Stored: a transfer's row, its entries in two indexes and the journal; an event with its index; a delivery. */
export const TRANSFER_BYTES = 2_200;
export const EVENT_BYTES = 2_300;
export const DELIVERY_BYTES = 1_100;
export const WEBHOOK_RECORD_BYTES = 2_300;

/** Metrics: of a service (lib/calls/log/metric-line.ts); of a function, a route group (functions/wiring/invocation.ts). */
export const SERVICE_METRICS = 4;
export const RUN_METRICS = 3;
/** functions/monitor/: the oldest pending transfer, critical alerts, drift, and whether each of three stores is away. */
export const MONITOR_METRICS = 6;
/** Assumed: route groups and their codes that are seen within a month. */
export const ROUTE_GROUPS = 30;
/** API Gateway's, for each route with `DetailedMetricsEnabled`. */
export const ROUTE_METRICS = 6;

/** X-Ray's default rule: one a second, and this share of the others. */
export const TRACED_SHARE = 0.05;
/** Assumed, bytes with headers: what goes out with a call to a platform, to Redis, as an answer to a partner, to a subscriber. */
export const PLATFORM_REQUEST_BYTES = 1_000;
export const REDIS_REQUEST_BYTES = 700;
export const WEBHOOK_ANSWER_BYTES = 600;
export const EVENT_REQUEST_BYTES = 1_500;
