import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startGatehouse } from '../../../gatehouse.ts';
import type { Gatehouse } from '../../../gatehouse.ts';

const SCRIPT = join(import.meta.dirname, '../../../fixtures/urs-service.php');
const SHIPPED = join(import.meta.dirname, '../../../../services/urs-promotion.json');
const present = spawnSync('php', ['-r', 'exit(extension_loaded("openssl") ? 0 : 1);']).status === 0;
if (!present) process.stdout.write('skipped: no php with openssl here\n');

const KEYS = { SHORT: 'short key', EXACT: 'knY4NP4SiMnB3L3TaPnR27lJWQrab7rY', LONG: '密钥'.repeat(11) };

/** @returns the server and its address, which it prints. */
async function startPhp(appKey: string): Promise<{ process: ChildProcess; url: string }> {
  const php = spawn('php', ['-S', '127.0.0.1:0', SCRIPT], { env: { ...process.env, URS_APP_KEY: appKey } });
  for await (const line of createInterface({ input: php.stderr })) {
    const url = /\((http:\/\/[\d.:]+)\) started/.exec(line)?.[1];
    if (url !== undefined) {
      php.stderr.resume();
      return { process: php, url };
    }
  }
  throw new Error('PHP did not start.');
}

describe.skipIf(!present)('E10, E13: real PHP is URS', () => {
  let gatehouse: Gatehouse;
  const servers: ChildProcess[] = [];

  beforeAll(async () => {
    gatehouse = await startGatehouse();
    const shipped = JSON.parse(readFileSync(SHIPPED, 'utf8')) as object;
    for (const [name, appKey] of Object.entries(KEYS)) {
      const { process: php, url } = await startPhp(appKey);
      servers.push(php);
      for (const answers of ['SEALED', 'PLAIN']) {
        const headers = answers === 'PLAIN' ? { 'X-Plain': '1' } : {};
        const code = `PHP_${name}_${answers}`;
        const definition = { ...shipped, code, baseUrl: url, webhook: undefined, defaultHeaders: headers };
        await gatehouse.register(definition, { appKey });
      }
    }
  });
  afterAll(async () => {
    for (const server of servers) server.kill();
    await gatehouse.stop();
  });

  test.each(Object.keys(KEYS).flatMap((name) => [`PHP_${name}_SEALED`, `PHP_${name}_PLAIN`]))(
    '%s opens what we seal, and we what it seals',
    async (code) => {
      const answer = await gatehouse.call(code, 'userInfo', { userKey: '$2y$10$农场/🌾"' });
      expect([answer.status, answer.at('data.data.params')]).toEqual([200, { userKey: '$2y$10$农场/🌾"' }]);
      expect(answer.at('data.data.path')).toBe('/ecology/1/userInfo');
      expect(answer.text).toContain('"balance":10.0,"fee":1.0e-10');
    },
  );
});
