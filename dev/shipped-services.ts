import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import * as z from 'zod';
import type { SandboxMemory } from './sandbox-memory.ts';

const Stored = z.looseObject({ code: z.string(), baseUrl: z.string(), revision: z.int() });
const Versions = z.object({ items: z.array(z.unknown()) });
const Shipped = z.looseObject({ code: z.string() });

export interface ApplyInput {
  /** The stack's API and an admin key: definitions are applied over the API. */
  url: string;
  adminKey: string;
  /** Where the sandbox answers for a service, and with what credentials. */
  services: Record<string, { baseUrl: string }>;
  credentials: Record<string, Record<string, string>>;
  memory: SandboxMemory;
  folder?: string;
}

const FOLDER = join(import.meta.dirname, '..', 'services');

/**
 * Registers the definitions of `services/`, pointed at the sandbox where it plays the service, each once: later
 * changes and deletions by the user are kept. Only an address of the sandbox that has changed since the last
 * start is updated.
 * @returns what to remember.
 */
export async function applyShippedServices(input: ApplyInput): Promise<SandboxMemory> {
  const { services, memory, folder = FOLDER } = input;
  const applied = new Set(memory.applied);
  for (const definition of readDefinitions(folder)) {
    const { code } = definition;
    const sandboxUrl = services[code]?.baseUrl;
    const path = `/v1/admin/services/${code}`;
    const stored = await ask(input, 'GET', path, Stored);
    if (stored === undefined && applied.has(code)) continue;
    if (stored === undefined) {
      await ask(
        input,
        'PUT',
        path,
        z.unknown(),
        sandboxUrl ? { ...definition, baseUrl: sandboxUrl } : definition,
      );
    } else if (sandboxUrl && stored.baseUrl === memory.baseUrls[code] && stored.baseUrl !== sandboxUrl) {
      await ask(input, 'PUT', path, z.unknown(), { ...stored, baseUrl: sandboxUrl });
    }
    applied.add(code);
    if (sandboxUrl) await giveCredentials(input, path, input.credentials[code]);
  }
  const baseUrls = Object.fromEntries(Object.entries(services).map(([code, { baseUrl }]) => [code, baseUrl]));
  return { baseUrls, applied: [...applied] };
}

/** Only where there are none: the user may have set others. */
async function giveCredentials(
  input: ApplyInput,
  path: string,
  credentials: Record<string, string> | undefined,
): Promise<void> {
  if (!credentials) return;
  const versions = await ask(input, 'GET', `${path}/credentials`, Versions);
  if (versions && versions.items.length > 0) return;
  await ask(input, 'PUT', `${path}/credentials`, z.unknown(), credentials);
}

function readDefinitions(folder: string): z.output<typeof Shipped>[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json') && basename(name) !== 'service.schema.json')
    .sort()
    .map((name) => Shipped.parse(JSON.parse(readFileSync(join(folder, name), 'utf8'))));
}

/** `undefined` on 404. @throws Error with the problem's own words. */
async function ask<T>(
  { url, adminKey }: ApplyInput,
  method: 'GET' | 'PUT',
  path: string,
  schema: z.ZodType<T>,
  body?: unknown,
): Promise<T | undefined> {
  const answer = await fetch(url + path, {
    method,
    headers: { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (answer.status === 404 && method === 'GET') return undefined;
  if (!answer.ok) throw new Error(`${method} ${path} was answered ${answer.status}: ${text}`);
  return schema.parse(text === '' ? undefined : JSON.parse(text));
}
