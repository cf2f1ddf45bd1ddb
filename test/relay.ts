import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

export interface Relay {
  /** The same address through the relay. */
  url: string;
  /** Sockets accepted so far. */
  connections(): number;
  /** From now on nothing passes on the connections there are, and nobody is told: no FIN, no reset. */
  loseConnections(): void;
  /** From now on every connection ends at once: nobody is there. `mend` undoes it. */
  cut(): void;
  mend(): void;
  stop(): Promise<void>;
}

/** Passes bytes to the server at `url`. */
export async function startRelay(url: string): Promise<Relay> {
  const target = new URL(url);
  const pairs = new Set<[Socket, Socket]>();
  let accepted = 0;
  let isCut = false;
  const server = createServer((near) => {
    accepted += 1;
    if (isCut) {
      near.destroy();
      return;
    }
    const far = connect(Number(target.port), target.hostname);
    pairs.add([near, far]);
    near.on('error', () => far.destroy()).pipe(far);
    far.on('error', () => near.destroy()).pipe(near);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const own = new URL(target);
  own.hostname = '127.0.0.1';
  own.port = String((server.address() as AddressInfo).port);
  return {
    url: own.href.replace(/\/$/, ''),
    connections: () => accepted,
    loseConnections() {
      for (const [near, far] of pairs) {
        near.unpipe(far);
        far.unpipe(near);
        // Read and dropped, as a router does that has forgotten the connection.
        near.resume();
        far.resume();
      }
    },
    cut() {
      isCut = true;
      for (const sockets of pairs) for (const socket of sockets) socket.destroy();
    },
    mend: () => void (isCut = false),
    async stop() {
      for (const sockets of pairs) for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
