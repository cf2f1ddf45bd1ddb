import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { claimPort } from '../../../dev/port.ts';

async function occupy(listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

test('a port that another program has: says so, and names one that is free', async () => {
  const port = await occupy((_request, response) => response.end('hello'));
  await expect(claimPort(port)).rejects.toThrow(
    new RegExp(`^Port ${port} is taken by another program\\. Choose one that is free: PORT=\\d+ npm start$`),
  );
});

test('a port that a Gatehouse has: says where it answers, and how to run a second one', async () => {
  const health = { status: 'degraded', stores: { redis: 'unreachable' } };
  const port = await occupy((_request, response) => response.end(JSON.stringify(health)));
  await expect(claimPort(port)).rejects.toThrow(
    `a Gatehouse already runs there, http://127.0.0.1:${port}/docs`,
  );
  await expect(claimPort(port)).rejects.toThrow(/PORT=\d+ GATEHOUSE_DATA_DIR=\.local-2 npm start$/);
});

test('any free port is free', async () => {
  await expect(claimPort(0)).resolves.toBeUndefined();
});
