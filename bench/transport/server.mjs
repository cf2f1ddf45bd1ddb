// The other end of the transport benchmark, in a process of its own: answers every GET at once with a small
// JSON document. On raw sockets, so that what is measured is the client. `/cookies` sets one each time.
import { createServer } from 'node:net';

const body = JSON.stringify({
  code: 0,
  data: { id: 42, name: '工单', items: Array.from({ length: 8 }, (_, i) => i) },
});
const head = [
  'HTTP/1.1 200 OK',
  'Content-Type: application/json; charset=utf-8',
  `Content-Length: ${Buffer.byteLength(body)}`,
  'Cache-Control: no-store',
  'Date: Mon, 01 Jan 2029 00:00:00 GMT',
];
const answer = (extra) => Buffer.from([...head, ...extra, '', body].join('\r\n'));
const plain = answer(['Connection: keep-alive', 'Keep-Alive: timeout=60']);
const cookies = answer([
  'Connection: keep-alive',
  'Keep-Alive: timeout=60',
  'Set-Cookie: PHPSESSID=9f0a1b2c3d4e5f60718293a4b5c6d7e8; Path=/; HttpOnly',
]);

const END = 0x0d0a0d0a;

const server = createServer({ noDelay: true }, (socket) => {
  let rest = Buffer.alloc(0);
  socket.on('error', () => {});
  socket.on('data', (chunk) => {
    // No client here pipelines: a request is whole when its end is the end of what came.
    const request = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    if (request.length < 4 || request.readUInt32BE(request.length - 4) !== END) {
      rest = request;
      return;
    }
    if (rest.length > 0) rest = Buffer.alloc(0);
    // The first letter of the path, after "GET /".
    socket.write(request[5] === 0x63 ? cookies : plain);
  });
});
server.listen(0, '127.0.0.1', () => process.send(server.address().port));
process.on('disconnect', () => process.exit(0));
