/** The sample events of `events/`, made ready to be given to a function now. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import * as z from 'zod';
import { encrypt } from '../sandbox/urs/crypto-service.ts';

const FOLDER = join(import.meta.dirname, '../../events');

/** What is looked at of an HTTP API's event (payload 2.0); the rest stays as it was captured. */
const HttpEvent = z.looseObject({
  version: z.literal('2.0'),
  rawPath: z.string(),
  headers: z.record(z.string(), z.string()),
  body: z.string().optional(),
  isBase64Encoded: z.boolean(),
});

/** Names of all samples: `webhook-deposit`. Each begins with the function it is for. */
export const sampleNames = () =>
  readdirSync(FOLDER)
    .filter((name) => name.endsWith('.json'))
    .map((name) => basename(name, '.json'))
    .sort();

/** The function a sample is for: `webhook` of `webhook-deposit`. */
export const functionOf = (name: string) => name.replace(/-.*$/, '');

/** @throws Error that lists the names there are. */
export function readSample(name: string): unknown {
  const file = join(FOLDER, `${name}.json`);
  if (!/^[a-z-]+$/.test(name) || !existsSync(file)) {
    throw new Error(`Sample "${name}" not found. Samples: ${sampleNames().join(', ')}.`);
  }
  return JSON.parse(readFileSync(file, 'utf8')) as unknown;
}

/**
 * A webhook's event holds its plain payload: a captured envelope would be sealed with another key, and expired. Sealed here as URS does it; digits stay as they are written. Every other event, and one that is
 * sealed already, comes back as it is.
 * @param key URS's appKey
 * @param now milliseconds since the epoch
 */
export function sealed(event: unknown, key: string, now: number): unknown {
  const request = HttpEvent.safeParse(event).data;
  if (!request?.rawPath.startsWith('/webhook/') || request.body === undefined) return event;
  const payload = Buffer.from(request.body, request.isBase64Encoded ? 'base64' : 'utf8').toString('utf8');
  if (isSealed(payload)) return event;
  const body = JSON.stringify(encrypt(payload, key, Math.floor(now / 1_000)));
  const headers = { ...request.headers, 'content-length': String(Buffer.byteLength(body)) };
  return { ...request, headers, body, isBase64Encoded: false };
}

const Envelope = z.looseObject({ data: z.string(), iv: z.string(), sign: z.string() });

function isSealed(payload: string): boolean {
  try {
    return Envelope.safeParse(JSON.parse(payload)).success;
  } catch {
    return false;
  }
}
