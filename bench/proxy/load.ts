/** Requests on raw sockets: what is measured is the other end, and the load must not be what a machine of two cores is busy with. */
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import type { Entrance } from './contestant.ts';

export interface Load {
  /** Keeps that many requests under way for `ms`. @returns how many were answered. @throws Error for a status but 200. */
  run(concurrency: number, ms: number): Promise<number>;
  close(): void;
}

const CONNECTIONS = 64;
const END_OF_HEAD = Buffer.from('\r\n\r\n');

/** GETs of `path` at one entrance, each connection one at a time. */
export async function openLoad({ url, headers }: Entrance, path: string): Promise<Load> {
  const { hostname, port, host, pathname } = new URL(url + path);
  const head = [
    `GET ${pathname} HTTP/1.1`,
    `host: ${host}`,
    ...Object.entries(headers).map((h) => h.join(': ')),
  ];
  const request = Buffer.from(`${head.join('\r\n')}\r\n\r\n`);
  const sockets = await Promise.all(
    Array.from({ length: CONNECTIONS }, () => connected(hostname, Number(port))),
  );
  return {
    async run(concurrency, ms) {
      const end = performance.now() + ms;
      const counts = sockets.slice(0, concurrency).map((socket) => repeat(socket, request, end));
      return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
    },
    close: () => sockets.forEach((socket) => socket.destroy()),
  };
}

function connected(host: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true }, () => resolve(socket));
    socket.once('error', reject);
  });
}

/** One request after the other until `end`. */
function repeat(socket: Socket, request: Buffer, end: number): Promise<number> {
  return new Promise((resolve, reject) => {
    let answered = 0;
    let received: Buffer = Buffer.alloc(0);
    const onData = (chunk: Buffer) => {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
      const length = answerLength(received);
      if (length === undefined || received.length < length) return;
      if (received.subarray(9, 12).toString('latin1') !== '200')
        return failed(new Error(received.toString()));
      received = received.subarray(length);
      answered += 1;
      if (performance.now() < end) return void socket.write(request);
      socket.off('data', onData).off('close', onClose);
      resolve(answered);
    };
    const failed = (error: Error) => reject(error);
    const onClose = () => failed(new Error('A contestant closed a connection.'));
    socket.on('data', onData).on('close', onClose);
    socket.write(request);
  });
}

/** Bytes of the whole answer; `undefined`: not known yet. All of them have a `content-length`. */
function answerLength(received: Buffer): number | undefined {
  const end = received.indexOf(END_OF_HEAD);
  if (end === -1) return undefined;
  const length = /\r\ncontent-length: (\d+)/i.exec(received.toString('latin1', 0, end));
  if (!length) throw new Error(`An answer without a length: ${received.toString()}`);
  return end + END_OF_HEAD.length + Number(length[1]);
}
