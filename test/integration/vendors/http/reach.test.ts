import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo, LookupFunction } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createTransport, type TransportOptions } from '../../../../lib/vendors/http/undici-transport.ts';
import type { Transport } from '../../../../lib/vendors/http/transport.ts';
import { AddressRefused, guardedConnector } from '../../../../lib/vendors/http/guarded-connector.ts';
import { failure, httpOrigin, rawOrigin, request, type Origin } from './origins.ts';

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const thing of opened.splice(0).toReversed()) await thing.close();
});

function transport(options: TransportOptions): Transport {
  const made = createTransport(options);
  opened.push(made);
  return made;
}

async function origin(made: Promise<Origin>): Promise<Origin> {
  opened.push(await made);
  return made;
}

/** Resolves every name to what it is told next; the last stays. */
function resolver(...answers: string[][]): { lookup: LookupFunction; asked: string[] } {
  const asked: string[] = [];
  const lookup: LookupFunction = (name, _options, callback) => {
    asked.push(name);
    const addresses = answers.length > 1 ? answers.shift()! : answers[0]!;
    callback(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
  };
  return { lookup, asked };
}

describe('P1 where nothing connects to', () => {
  it.each([
    'http://127.0.0.1:PORT',
    'https://127.0.0.1:PORT',
    'https://0x7f.1:PORT',
    'https://2130706433:PORT',
    'https://localhost:PORT',
    'https://[::ffff:7f00:1]:PORT',
    'https://[::1]:PORT',
    'https://169.254.169.254',
    'https://[::ffff:a9fe:a9fe]',
    'https://[64:ff9b::a9fe:a9fe]',
    'https://10.0.0.1',
    'https://user@platform.example.com',
    'https://platform.example.com\\@127.0.0.1:PORT',
    'https://platform.example.com%2f@127.0.0.1:PORT',
    'https://platform.example.com:99999',
    'http://platform.example.com',
    'ftp://platform.example.com',
  ])('P1 %s: no name is resolved, no socket opened', async (base) => {
    const { port, connections } = await origin(httpOrigin((_req, res) => res.end()));
    const { lookup, asked } = resolver(['127.0.0.1']);
    const url = `${base.replace('PORT', String(port))}/x`;
    const error = await failure(transport({ isLocal: false, lookup }), request(url, { method: 'POST' }));
    expect(['CONFIGURATION_ERROR', 'MALFORMED_REQUEST']).toContain(error.code);
    expect(error.mayHaveHadEffect).toBe(false);
    expect(asked).toEqual([]);
    expect(connections()).toBe(0);
  });

  it.each([
    'http://10.0.0.1',
    'http://169.254.169.254',
    'http://[::ffff:7f00:1]',
    'http://platform.example.com',
  ])('P1 %s is out of reach in stage local too', async (url) => {
    const error = await failure(transport({ isLocal: true }), request(url));
    expect(error).toMatchObject({ code: 'CONFIGURATION_ERROR', mayHaveHadEffect: false });
  });
});

describe('P2 names that lead inside', () => {
  const blocked = { code: 'CONFIGURATION_ERROR', mayHaveHadEffect: false, internal: { cause: 'blocked' } };

  it.each([
    [['10.0.0.1']],
    [['127.0.0.1']],
    [['169.254.169.254']],
    [['::1']],
    [['64:ff9b::a9fe:a9fe']],
    [['93.184.215.14', '127.0.0.1']],
  ])('P2 a name that resolves to %j', async (addresses) => {
    const { port, connections } = await origin(httpOrigin((_req, res) => res.end()));
    const { lookup } = resolver(addresses);
    const error = await failure(
      transport({ isLocal: false, lookup }),
      request(`https://rebinding.example.com:${port}/`, { method: 'POST' }),
    );
    expect(error).toMatchObject(blocked);
    expect(connections()).toBe(0);
  });

  it('P2 a name that changes after it was checked: each connection is checked anew', async () => {
    const { port, connections } = await origin(
      httpOrigin((_req, res) => res.writeHead(200, { connection: 'close' }).end()),
    );
    const { lookup, asked } = resolver(['127.0.0.1'], ['10.0.0.1']);
    const wire = transport({ isLocal: true, lookup });
    const url = `http://rebinding.localhost:${port}`;
    expect((await wire.send(request(url))).status).toBe(200);
    expect(await failure(wire, request(url))).toMatchObject(blocked);
    expect(asked).toHaveLength(2);
    expect(connections()).toBe(1);
  });

  it('P2 what a socket is connected to is checked before a byte is written', async () => {
    let received = 0;
    const { port, connections } = await origin(rawOrigin(() => received++));
    // Loopback is in reach while the name is resolved, and no more once the socket is there.
    let checks = 0;
    const { lookup } = resolver(['127.0.0.1']);
    const connect = guardedConnector({
      lookup,
      connectTimeoutMs: 5_000,
      get isLocal() {
        return checks++ === 0;
      },
    });
    for (const protocol of ['http:', 'https:']) {
      checks = 0;
      const target = { hostname: 'localhost', host: `localhost:${port}`, port: String(port), protocol };
      const error = await new Promise((resolve) =>
        connect(target, (failed, socket) => resolve(failed ?? socket?.errored)),
      );
      expect(error).toBeInstanceOf(AddressRefused);
    }
    expect(connections()).toBeGreaterThan(0);
    expect(received).toBe(0);
  });

  it('a name that does not resolve', async () => {
    const lookup: LookupFunction = (_name, _options, callback) =>
      callback(
        Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND', syscall: 'getaddrinfo' }),
        [],
      );
    const error = await failure(
      transport({ isLocal: false, lookup }),
      request('https://nowhere.example.com/'),
    );
    expect(error).toMatchObject({
      code: 'PLATFORM_UNAVAILABLE',
      internal: { cause: 'dns' },
      mayHaveHadEffect: false,
      retryable: true,
    });
  });
});

describe('https', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-tls-'));
  let certificate = { key: '', cert: '' };
  beforeAll(() => {
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
    execFileSync(
      'openssl',
      ['req', '-x509', '-nodes', '-days', '2', ...curve, '-keyout', key, '-out', cert, ...subject],
      {
        stdio: 'ignore',
      },
    );
    certificate = { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  async function secureOrigin(): Promise<number> {
    const server = createServer(certificate, (_req, res) => res.end('secure'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    opened.push({
      close: () =>
        new Promise((resolve) => {
          server.close(() => resolve());
          server.closeAllConnections();
        }),
    });
    return (server.address() as AddressInfo).port;
  }

  it('is spoken, by name and by address, with a certificate that is trusted', async () => {
    const port = await secureOrigin();
    const wire = transport({ isLocal: true, ca: certificate.cert });
    for (const host of ['localhost', '127.0.0.1']) {
      const { body } = await wire.send(request(`https://${host}:${port}/`));
      expect(body.toString()).toBe('secure');
    }
  });

  it('is refused with one that is not, and for another name', async () => {
    const port = await secureOrigin();
    const tls = { code: 'PLATFORM_UNAVAILABLE', internal: { cause: 'tls' }, mayHaveHadEffect: false };
    expect(await failure(transport({ isLocal: true }), request(`https://localhost:${port}/`))).toMatchObject(
      tls,
    );
    const { lookup } = resolver(['127.0.0.1']);
    const other = transport({ isLocal: true, ca: certificate.cert, lookup });
    expect(await failure(other, request(`https://other.localhost:${port}/`))).toMatchObject(tls);
  });

  it('is not what a plain server speaks', async () => {
    const { port } = await origin(httpOrigin((_req, res) => res.end()));
    const error = await failure(
      transport({ isLocal: true }),
      request(`https://127.0.0.1:${port}/`, { method: 'POST' }),
    );
    expect(error).toMatchObject({ code: 'PLATFORM_UNAVAILABLE', mayHaveHadEffect: false });
  });
});
