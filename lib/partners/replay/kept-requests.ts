/**
 * Webhook requests that failed through our own fault, as they came, so that they can be done later (docs/builders/replay.md).
 * Sealed: they hold what a delivery's record is redacted of.
 */
import { gunzipSync, gzipSync } from 'node:zlib';
import * as z from 'zod';
import { ConditionFailed } from '../../vendors/dynamodb/documents.ts';
import type { Documents, TransactItem } from '../../vendors/dynamodb/documents.ts';
import { mergedItems } from '../../vendors/dynamodb/query-items.ts';
import type { Vault } from '../../vendors/secrets/vault.ts';
import { shardedSources, shardOf, timeSort } from '../../watch/records/sources.ts';
import { KEEP_MS } from '../deliveries.ts';
import type { Delivery } from '../deliveries.ts';
import type { PartnerRequest } from '../protocol.ts';

/** A webhook request, and where it came from. */
export interface IncomingRequest extends PartnerRequest {
  /** `urs` of `/webhook/urs/deposit`. */
  path: string;
  sourceIp: string;
}

/** Which of those that wait: all that is given has to hold. */
export interface WaitingFilter {
  action?: string | undefined;
  /** The error they ended in. */
  code?: string | undefined;
  /** ISO 8601, UTC: came at or after. */
  from?: string | undefined;
  /** Came before. */
  to?: string | undefined;
}

export interface KeptRequests {
  /**
   * The write that keeps a request of a failed delivery, for as long as its record.
   * @returns `undefined` where it is too large to be kept.
   */
  keeping(delivery: Delivery, request: IncomingRequest): Promise<TransactItem | undefined>;
  /** Those of some services that still wait, the oldest first. */
  waiting(services: readonly string[], filter: WaitingFilter): AsyncGenerator<Waiting, void, undefined>;
  /** `undefined`: it is not kept, or no longer. @throws GatewayError `STORE_UNAVAILABLE`. */
  open(deliveryId: string): Promise<{ at: string; request: IncomingRequest } | undefined>;
  /** It waits no longer. It stays readable by its id until its time is over. */
  done(deliveryId: string): Promise<void>;
}

export interface KeptRequestsOptions {
  documents: Documents;
  /** The `records` table. */
  table: string;
  vault: Vault;
}

/** DynamoDB keeps 400 KB in one item. */
const MAX_SEALED = 390 * 1024;

const Kept = z.object({ at: z.string(), sealed: z.string() });
const Waiting = z.object({ deliveryId: z.string(), action: z.string(), code: z.string().optional() });
type Waiting = z.output<typeof Waiting>;
const Packed = z.object({
  path: z.string(),
  action: z.string(),
  target: z.object({ path: z.string(), query: z.string() }).optional(),
  headers: z.record(z.string(), z.string()),
  body: z.base64().transform((text) => Buffer.from(text, 'base64')),
  sourceIp: z.string(),
});

const keyOf = (deliveryId: string) => ({ pk: `DELIVERY#${deliveryId}`, sk: 'REQUEST' });
const waitingPartition = (service: string, shard: number) => `REPLAY#${service}#${shard}`;

export function createKeptRequests({ documents, table, vault }: KeptRequestsOptions): KeptRequests {
  return {
    async keeping({ id, service, action, code, at }, request) {
      const sealed = await vault.seal(keyOf(id).pk, pack(request));
      if (sealed.length > MAX_SEALED) return undefined;
      const Item = {
        ...keyOf(id),
        gsi1pk: waitingPartition(service, shardOf(id)),
        gsi1sk: timeSort(at, id),
        deliveryId: id,
        at,
        action,
        code,
        sealed,
        expiresAt: Math.ceil((Date.parse(at) + KEEP_MS) / 1_000),
      };
      return { Put: { TableName: table, Item } };
    },

    async *waiting(services, { action, code, from = ' ', to = '~' }) {
      const sources = services.flatMap((service) =>
        shardedSources((shard) => waitingPartition(service, shard)),
      );
      const queries = sources.map(({ index, partition }) => ({
        table,
        index: index!,
        where: 'gsi1pk = :partition AND gsi1sk BETWEEN :from AND :to',
        values: { ':partition': partition, ':from': from, ':to': to },
      }));
      for await (const item of mergedItems(documents, queries, 'gsi1sk')) {
        const entry = Waiting.safeParse(item).data;
        if (entry && (action ?? entry.action) === entry.action && (code ?? entry.code) === entry.code)
          yield entry;
      }
    },

    async open(deliveryId) {
      const item = await documents.get(table, keyOf(deliveryId), { consistent: true });
      const kept = Kept.safeParse(item);
      if (!kept.success) return undefined;
      const { at, sealed } = kept.data;
      await vault.open();
      const packed = await vault.unseal(keyOf(deliveryId).pk, sealed);
      return packed === undefined ? undefined : { at, request: unpack(packed) };
    },

    async done(deliveryId) {
      try {
        await documents.update(table, keyOf(deliveryId), 'REMOVE gsi1pk, gsi1sk', {
          condition: 'attribute_exists(pk)',
        });
      } catch (error) {
        // Its time was over meanwhile.
        if (!(error instanceof ConditionFailed)) throw error;
      }
    },
  };
}

const pack = ({ path, action, target, headers, body, sourceIp }: IncomingRequest): string =>
  gzipSync(
    JSON.stringify({ path, action, target, headers, body: body.toString('base64'), sourceIp }),
  ).toString('base64');

function unpack(packed: string): IncomingRequest {
  const { target, ...rest } = Packed.parse(JSON.parse(gunzipSync(Buffer.from(packed, 'base64')).toString()));
  return target ? { ...rest, target } : rest;
}
