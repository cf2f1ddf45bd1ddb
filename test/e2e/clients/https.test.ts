/** The clients trust a Gatehouse by its certificate, and keep a connection that is encrypted too. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import type { Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Driver, Job } from './drivers.ts';
import { LANGUAGES } from './drivers.ts';

const folder = mkdtempSync(join(tmpdir(), 'gatehouse-tls-'));
const [key, ca] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
const ports: (number | undefined)[] = [];
let server: Server;

beforeAll(async () => {
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
  const made = ['req', '-x509', '-nodes', '-days', '2', ...curve, '-keyout', key, '-out', ca, ...subject];
  execFileSync('openssl', made, { stdio: 'ignore' });
  server = createServer({ key: readFileSync(key), cert: readFileSync(ca) }, (request, response) => {
    ports.push(request.socket.remotePort);
    response.setHeader('content-type', 'application/json').end('"secure"');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => {
  server.close();
  server.closeAllConnections();
  rmSync(folder, { recursive: true });
});

describe.each(LANGUAGES.filter(({ present }) => present))('$name over https', ({ name, start }) => {
  let driver: Driver;
  beforeAll(() => {
    driver = start();
  });
  afterAll(() => driver.stop());

  const read = (host: string, options: NonNullable<Job['client']>['options']) => {
    ports.length = 0;
    const baseUrl = `https://${host}:${(server.address() as AddressInfo).port}`;
    const client = { baseUrl, apiKey: 'gh_test', options: { retries: 0, ...options } };
    return driver.do({ do: 'request', method: 'GET', path: '/v1/services', client });
  };

  test('sends nothing to a server of which nobody knows the certificate', async () => {
    expect((await read('localhost', {})).error?.code).toBe('GATEWAY_UNREACHABLE');
    expect(ports).toEqual([]);
  });

  // `fetch` takes further authorities from NODE_EXTRA_CA_CERTS only.
  test.skipIf(name === 'TypeScript')('takes an authority that it is given, for the right name', async () => {
    expect((await read('localhost', { ca })).value).toBe('secure');
    const [before] = ports;
    expect((await read('localhost', { ca })).value).toBe('secure');
    expect(ports).toEqual([before]);
    expect((await read('127.0.0.1', { ca })).error?.code).toBe('GATEWAY_UNREACHABLE');
    expect(ports).toEqual([]);
  });
});
