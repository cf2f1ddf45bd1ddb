/**
 * Row 8: what it costs to accept an envelope (verify, decrypt, parse) beside the way it is usually written, and
 * what it costs to refuse one beside accepting it: whoever sends rubbish must not be able to keep us busy.
 */
import { createDecipheriv, createHash, timingSafeEqual } from 'node:crypto';
import { readShape } from '../lib/partners/urs/envelope-shape.ts';
import { EnvelopeRejected, prepareKey, sealEnvelope, verifyEnvelope } from '../lib/partners/urs/envelope.ts';
import type { Envelope } from '../lib/partners/urs/envelope.ts';
import { parseExact } from '../lib/text/json/exact.ts';
import { interleaved, median } from './measure.ts';
import type { Row } from './measure.ts';

const APP_KEY = 'knY4NP4SiMnB3L3TaPnR27lJWQrab7rY';
const NOW = 1_767_225_600;
const WINDOW = 300;
const ENVELOPE_BYTES = 2_048;

const key = prepareKey(APP_KEY, 'v1');
const options = { keys: [key], nowSeconds: NOW, windowSeconds: WINDOW };

/** A deposit with a remark long enough for an envelope of 2 KB. */
function envelope(): Envelope {
  const sealed = (remark: string) => {
    const text = `{"userId":10002,"usdtAmount":10.0,"transactionId":"urs/2026/01/01#7","remark":"${remark}"}`;
    return sealEnvelope(text, key, { nowSeconds: NOW, iv: Buffer.alloc(16, 7) });
  };
  let remark = '';
  while (JSON.stringify(sealed(remark)).length < ENVELOPE_BYTES - 64) remark += 'from the farm of 10002; ';
  return sealed(remark);
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/**
 * The same refusals, written as one writes them: patterns for the shape, the key as a Buffer, the whole string
 * hashed, a fatal decoder.
 */
function naively({ data, iv, timestamp, sign }: Envelope): unknown {
  if (!BASE64.test(data) || !BASE64.test(iv) || !/^\d{10}$/.test(String(timestamp))) throw new Error('shape');
  const [ciphertext, ivBytes] = [Buffer.from(data, 'base64'), Buffer.from(iv, 'base64')];
  if (ivBytes.length !== 16 || ciphertext.length % 16 !== 0) throw new Error('shape');
  if (Math.abs(NOW - timestamp) > WINDOW) throw new Error('expired');
  const expected = createHash('sha256').update(`${data}${iv}${timestamp}${APP_KEY}`).digest('hex');
  if (!timingSafeEqual(Buffer.from(expected), Buffer.from(sign))) throw new Error('signature');
  const aesKey = Buffer.alloc(32);
  Buffer.from(APP_KEY).copy(aesKey);
  const decipher = createDecipheriv('aes-256-cbc', aesKey, ivBytes);
  const plaintext = Buffer.concat([decipher.update(ciphertext), decipher.final()]);
  return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(plaintext));
}

export async function rows({ quick }: { quick: boolean }): Promise<Row[]> {
  const good = envelope();
  const malformed = { ...good, data: `${good.data} ` };
  const expired = { ...good, timestamp: NOW - WINDOW - 1 };
  const forged = { ...good, sign: '0'.repeat(64) };
  const times = quick ? 100 : 2_000;
  const rounds = quick ? 5 : 31;
  const accept = () => repeat(times, () => void accepted(good));
  const refusing = (kinds: Envelope[]) => {
    let next = 0;
    const ours = () => repeat(times, () => refuse(kinds[next++ % kinds.length]!));
    return median(interleaved(rounds, { ours, baseline: accept }));
  };

  const naive = () => repeat(times, () => naively(good));
  const speed = 1 / median(interleaved(rounds, { ours: accept, baseline: naive }));
  const what = `envelope of ${(JSON.stringify(good).length / 1_024).toFixed(1)} KB`;
  const refusal = (kind: string, ratio: number): Row => ({
    id: '8',
    what: `${what}: time to refuse ${kind}`,
    baseline: 'time to accept',
    ratio,
    goal: '<= 0.25x',
    pass: ratio <= 0.25,
  });
  return [
    {
      id: '8',
      what: `${what}: verify + decrypt + parse, per second`,
      baseline: 'key as Buffer, whole-string hash, plain order',
      ratio: speed,
      goal: '>= 2.6x',
      pass: speed >= 2.6,
    },
    refusal('one, mean of malformed, expired and forged', refusing([malformed, expired, forged])),
    // Most of it is the hash over all of the envelope, which no check of a signature can do without.
    refusal('a forged one', refusing([forged])),
  ];
}

/** As a webhook does it: its numbers stay exact. */
const accepted = (sealed: Envelope) => parseExact(verifyEnvelope(readShape(sealed), options).text);

function refuse(forged: Envelope): void {
  try {
    accepted(forged);
  } catch (error) {
    if (error instanceof EnvelopeRejected) return;
    throw error;
  }
  throw new Error('A forged envelope was accepted.');
}

function repeat(times: number, run: () => void): void {
  for (let i = 0; i < times; i++) run();
}
