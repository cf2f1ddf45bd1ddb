/** Agents for `node:http` and `node:https` that trust a kept connection no longer than it can be known to be good. */
import type http from 'node:http';
import type { Agent as HttpAgent, ClientRequest } from 'node:http';
import type https from 'node:https';
import type { Socket } from 'node:net';
import type { Clock } from '../../runtime/clock.ts';
import { systemClock } from '../../runtime/clock.ts';
import { LastUse } from '../../runtime/standstill.ts';

/** Less than stores, load balancers and NAT on the way keep an idle connection, milliseconds. */
const MAX_IDLE_MS = 20_000;
const MAX_CONNECTIONS = 200;

/** For one address: clients that are given the same agent share its connections. @param url of a store or service */
export function keptAliveAgent(url: string, clock: Pick<Clock, 'now'> = systemClock): HttpAgent {
  return onlyFresh(new (httpModule(url).Agent)({ keepAlive: true, maxSockets: MAX_CONNECTIONS }), clock);
}

/** `node:https`, or `node:http` on a laptop. Not by `import`: that of `node:http` takes 57 ms in a module. */
export function httpModule(url: string): typeof http | typeof https {
  return process.getBuiltinModule(url.startsWith('http:') ? 'node:http' : 'node:https');
}

/** What a `ClientRequest` asks of its agent. Not in the types; every agent of npm builds on it. */
interface RequestQueue {
  addRequest(request: ClientRequest, options: object): void;
}

/** Before it chooses a connection for a request, the agent drops the idle ones that are not trusted any more. */
function onlyFresh(agent: HttpAgent, clock: Pick<Clock, 'now'>): HttpAgent {
  const lastUses = new WeakMap<object, LastUse>();
  const queue = agent as HttpAgent & RequestQueue;
  const addRequest = queue.addRequest.bind(agent);
  const keepSocketAlive = agent.keepSocketAlive.bind(agent) as (socket: object) => boolean;

  return Object.assign(queue, {
    keepSocketAlive(socket: object): boolean {
      const lastUse = lastUses.get(socket) ?? new LastUse();
      lastUse.note(clock.now());
      lastUses.set(socket, lastUse);
      return keepSocketAlive(socket);
    },
    addRequest(request: ClientRequest, options: object): void {
      const now = clock.now();
      for (const socket of Object.values(agent.freeSockets).flatMap((sockets) => sockets ?? [])) {
        if (!lastUses.get(socket)?.isWithin(MAX_IDLE_MS, now)) drop(socket);
      }
      addRequest(request, options);
    },
  });
}

/** `agentRemove`: its `close` would tell the agent too late for the request at hand. */
function drop(socket: Socket): void {
  socket.destroy();
  socket.emit('agentRemove');
}
