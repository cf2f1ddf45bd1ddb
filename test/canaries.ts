/** Secrets that are put in, held against everything that comes out. */
import { names, readConfig } from '../lib/runtime/config.ts';
import { connectDocuments } from '../lib/vendors/dynamodb/documents.ts';
import type { ScanInput } from '../lib/vendors/dynamodb/documents.ts';
import { readPages } from '../lib/vendors/dynamodb/query-items.ts';

interface Canary {
  name: string;
  value: string;
  /** The only places that show it, by design: `createKey`. */
  shownBy: readonly string[];
}

const FORMS: Record<string, (secret: string) => string> = {
  plain: (secret) => secret,
  'percent-encoded': (secret) => encodeURIComponent(secret),
  JSON: (secret) => JSON.stringify(secret).slice(1, -1),
  'JSON within JSON': (secret) => JSON.stringify(JSON.stringify(secret)).slice(3, -3),
  HTML: (secret) => secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;'),
  hexadecimal: (secret) => Buffer.from(secret).toString('hex'),
  base64: (secret) => inBase64(secret, 0),
  'base64, after one byte': (secret) => inBase64(secret, 1),
  'base64, after two bytes': (secret) => inBase64(secret, 2),
};

/** The characters that a secret alone decides, wherever in a base64 text it begins. */
function inBase64(secret: string, before: number): string {
  const text = Buffer.from('\0'.repeat(before) + secret).toString('base64');
  return text.slice(before === 0 ? 0 : 4, -4);
}

export class Canaries {
  readonly #canaries: Canary[] = [];
  /** By text, in lower case: hexadecimal digits are written in either. What comes twice is looked at once. */
  readonly #seen = new Map<string, Set<string>>();

  /** @returns the value. */
  put(name: string, value: string, ...shownBy: string[]): string {
    if (value.length < 12) throw new Error(`The canary ${name} is too short to be told from other texts.`);
    if (!this.#canaries.some((canary) => canary.value === value)) {
      this.#canaries.push({ name, value, shownBy });
    }
    return value;
  }

  /** @param where The name of its source first: `createKey, of nobody`. */
  see(where: string, text: string): void {
    const key = text.toLowerCase();
    const places = this.#seen.get(key);
    if (places) places.add(where);
    else this.#seen.set(key, new Set([where]));
  }

  /** Where which canary is read, one line each: `appKey, base64, in getService`. */
  found(): string[] {
    const lines: string[] = [];
    for (const { name, value, shownBy } of this.#canaries) {
      const forms = new Map(Object.entries(FORMS).map(([form, write]) => [write(value).toLowerCase(), form]));
      for (const [text, places] of this.#seen) {
        for (const [written, form] of forms) {
          if (!text.includes(written)) continue;
          const strangers = [...places].filter((where) => !shownBy.includes(where.split(',')[0]!));
          lines.push(...strangers.map((where) => `${name}, ${form}, in ${where}`));
        }
      }
    }
    return lines;
  }
}

/** Every item of every table of this process' stage: the name of the table, and the items as JSON. */
export async function dumpTables(): Promise<[table: string, text: string][]> {
  const { stage, region, endpoints } = readConfig();
  const documents = connectDocuments({ region, endpoint: endpoints.dynamodb! });
  const dump = async (table: string): Promise<[string, string]> => {
    const texts: string[] = [];
    for await (const items of readPages((input: ScanInput) => documents.scan(input), { table })) {
      texts.push(...items.map((item) => JSON.stringify(item, showBinary)));
    }
    return [table, texts.join('\n')];
  };
  return Promise.all(Object.values(names(stage).tables).map(dump));
}

const showBinary = (_name: string, value: unknown) => {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('latin1');
  return typeof value === 'bigint' ? String(value) : value;
};

const READ: Record<string, (key: string) => string[]> = {
  string: (key) => ['GET', key],
  hash: (key) => ['HGETALL', key],
  list: (key) => ['LRANGE', key, '0', '-1'],
  set: (key) => ['SMEMBERS', key],
  zset: (key) => ['ZRANGE', key, '0', '-1'],
};

/** Every key of this process' Redis, with what it holds. */
export async function dumpRedis(): Promise<string> {
  const { url, token } = readConfig().redis;
  const ask = async <T>(...command: string[]): Promise<T> => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      body: JSON.stringify(command),
    });
    return ((await response.json()) as { result: T }).result;
  };
  const texts = [];
  for (const key of await ask<string[]>('KEYS', '*')) {
    const read = READ[await ask<string>('TYPE', key)];
    texts.push(JSON.stringify([key, read && (await ask(...read(key)))]));
  }
  return texts.join('\n');
}
