import { createServer } from 'node:net';

/** How far above a taken port a free one is looked for. */
const REACH = 50;

/**
 * Checked before anything is started, so that a taken port fails fast.
 * @throws Error saying what uses it, and which one is free.
 */
export async function claimPort(port: number): Promise<void> {
  if (await isFree(port)) return;
  const free = await nextFree(port);
  const other = free === undefined ? 'another one with PORT' : `PORT=${free}`;
  if (await isGatehouse(port)) {
    throw new Error(
      `Port ${port} is taken: a Gatehouse already runs there, http://127.0.0.1:${port}/docs. ` +
        `For a second one: ${other} GATEHOUSE_DATA_DIR=.local-2 npm start`,
    );
  }
  throw new Error(`Port ${port} is taken by another program. Choose one that is free: ${other} npm start`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(false);
      else if (error.code === 'EACCES')
        reject(new Error(`Port ${port} may only be used by root. Choose one above 1023.`));
      else reject(error);
    });
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}

async function nextFree(port: number): Promise<number | undefined> {
  for (let next = port + 1; next <= Math.min(port + REACH, 65_535); next++) {
    if (await isFree(next).catch(() => false)) return next;
  }
  return undefined;
}

/** Does the program on this port answer `/health` like Gatehouse? */
async function isGatehouse(port: number): Promise<boolean> {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/health`, { signal: AbortSignal.timeout(1_000) });
    const health = (await answer.json()) as { status?: unknown; stores?: unknown } | null;
    return (
      (health?.status === 'ok' || health?.status === 'degraded') &&
      typeof health.stores === 'object' &&
      health.stores !== null
    );
  } catch {
    return false;
  }
}
