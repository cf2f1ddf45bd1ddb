import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { localAdminKey } from '../../../dev/local-key.ts';
import { readSandboxMemory, writeSandboxMemory } from '../../../dev/sandbox-memory.ts';
import { applyShippedServices } from '../../../dev/shipped-services.ts';

type Stored = { baseUrl: string; revision: number; [key: string]: unknown };

/** As much of the admin API as is asked here. */
let api: Server;
let url: string;
let services: Map<string, Stored>;
let credentials: Map<string, unknown>;
let folder: string;
let dataDir: string;

beforeEach(async () => {
  services = new Map();
  credentials = new Map();
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-services-'));
  dataDir = mkdtempSync(join(tmpdir(), 'gatehouse-data-'));
  for (const code of ['ALPHA', 'BETA']) {
    const document = { code, baseUrl: `https://${code}.example.com` };
    writeFileSync(join(folder, `${code}.json`), JSON.stringify(document));
  }
  writeFileSync(join(folder, 'service.schema.json'), '{}');
  api = createServer((request, response) => {
    const [, , , , code = '', what] = (request.url ?? '').split('/');
    let body = '';
    request.on('data', (chunk) => (body += String(chunk)));
    request.on('end', () => {
      if (request.headers.authorization !== 'Bearer key') return response.writeHead(401).end('{}');
      if (what === 'credentials') {
        if (request.method === 'PUT') credentials.set(code, JSON.parse(body));
        return response.end(JSON.stringify({ items: credentials.has(code) ? [{}] : [] }));
      }
      const stored = services.get(code);
      if (request.method === 'PUT') {
        const document = JSON.parse(body) as Stored;
        if (document.revision && document.revision !== stored?.revision) return response.writeHead(409).end();
        services.set(code, { ...document, revision: (stored?.revision ?? 0) + 1 });
      } else if (!stored) {
        return response.writeHead(404).end('{}');
      }
      return response.end(JSON.stringify(services.get(code)));
    });
  });
  await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(api.address() as AddressInfo).port}`;
});

afterEach(async () => {
  await new Promise((resolve) => api.close(resolve));
  rmSync(folder, { recursive: true });
  rmSync(dataDir, { recursive: true });
});

/** One start of the local stack, with the sandbox at this address. */
async function start(alphaUrl: string): Promise<void> {
  const memory = readSandboxMemory(dataDir);
  const sandbox = { services: { ALPHA: { baseUrl: alphaUrl } }, credentials: { ALPHA: { username: 'a' } } };
  writeSandboxMemory(
    dataDir,
    await applyShippedServices({ url, adminKey: 'key', memory, folder, ...sandbox }),
  );
}

test('the first start applies what ships, pointed at the sandbox where it plays the service', async () => {
  await start('http://127.0.0.1:4001');
  expect(services.get('ALPHA')).toMatchObject({ baseUrl: 'http://127.0.0.1:4001', revision: 1 });
  expect(services.get('BETA')).toMatchObject({ baseUrl: 'https://BETA.example.com', revision: 1 });
  expect([...credentials]).toEqual([['ALPHA', { username: 'a' }]]);
});

test('a later start changes nothing', async () => {
  await start('http://127.0.0.1:4001');
  await start('http://127.0.0.1:4001');
  expect([...services.values()].map(({ revision }) => revision)).toEqual([1, 1]);
});

test('where the sandbox has moved, the address follows and what a person changed stays', async () => {
  await start('http://127.0.0.1:4001');
  services.set('ALPHA', { ...services.get('ALPHA')!, timeoutSeconds: 7, revision: 2 });
  credentials.set('ALPHA', { username: 'mine' });
  await start('http://127.0.0.1:4002');
  expect(services.get('ALPHA')).toMatchObject({
    baseUrl: 'http://127.0.0.1:4002',
    timeoutSeconds: 7,
    revision: 3,
  });
  expect(credentials.get('ALPHA')).toEqual({ username: 'mine' });
});

test('an address of their own is not touched, a deleted service stays deleted', async () => {
  await start('http://127.0.0.1:4001');
  services.set('ALPHA', { ...services.get('ALPHA')!, baseUrl: 'http://127.0.0.1:9' });
  services.delete('BETA');
  await start('http://127.0.0.1:4002');
  expect(services.get('ALPHA')?.baseUrl).toBe('http://127.0.0.1:9');
  expect(services.has('BETA')).toBe(false);
});

test('a damaged memory costs nothing but the ports', async () => {
  writeFileSync(join(dataDir, 'sandbox.json'), '{"baseUrls":');
  expect(readSandboxMemory(dataDir)).toEqual({ baseUrls: {}, applied: [] });
});

test('the admin key: the given one, else one made once and readable by its owner alone', () => {
  expect(localAdminKey(dataDir, 'given-key')).toBe('given-key');
  const made = localAdminKey(dataDir, undefined);
  expect(made).toMatch(/^gh_[\w-]{43}$/);
  expect(localAdminKey(dataDir, undefined)).toBe(made);
  expect(statSync(join(dataDir, 'admin-key')).mode & 0o777).toBe(0o600);
  expect(localAdminKey('memory', undefined)).not.toBe(made);
});
