// The baseline of the proxy benchmark: Fastify with @fastify/reply-from, which passes everything on. Argument: the platform.
import replyFrom from '@fastify/reply-from';
import { fastify } from 'fastify';
import { tellCpuTime } from './contestant.ts';

const app = fastify({ logger: false });
await app.register(replyFrom, { base: process.argv[2]! });
app.all('/*', (request, reply) => reply.from(request.url));
const url = await app.listen({ port: 0, host: '127.0.0.1' });
tellCpuTime({ url, headers: {} });
