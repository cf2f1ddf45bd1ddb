/** From a person's visit to a call, by the command line alone: record, draft, check, apply, log in, call. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { runGatehouse } from '../command-line.ts';
import { startGatehouse } from '../gatehouse.ts';
import type { Gatehouse } from '../gatehouse.ts';
import { djangoPeer, gbkPeer, jwtPeer, ruoyiPeer, wordpressPeer } from '../recordings/peers.ts';
import type { RecordedPeer } from '../recordings/peers.ts';

let gatehouse: Gatehouse;
let folder: string;

beforeAll(async () => {
  gatehouse = await startGatehouse();
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-drafts-'));
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await gatehouse.stop();
});

const run = (...args: string[]) =>
  runGatehouse(args, { GATEHOUSE_URL: gatehouse.url, GATEHOUSE_KEY: gatehouse.stack.adminKey });
const file = (name: string, content: unknown) => {
  const path = join(folder, name);
  writeFileSync(path, JSON.stringify(content));
  return path;
};

interface Platform {
  make: () => Promise<RecordedPeer>;
  /** Operation, params, and what of the answer shows that the peer has understood. */
  calls: [operation: string, params: object, answered: unknown][];
  /** Stands for what only a person can say. */
  credentials?: (peer: RecordedPeer) => object;
  captcha?: string;
}

const PLATFORMS: Record<string, Platform> = {
  DJANGO: {
    make: djangoPeer,
    calls: [
      ['getOrdersById', { orderId: 4713 }, { id: 4713 }],
      ['postOrders', { title: 'x', urgent: false, lines: [] }, { got: { title: 'x', urgent: false } }],
    ],
  },
  JWT: {
    make: jwtPeer,
    credentials: ({ credentials: { email, password } }) => ({ username: email, password }),
    calls: [['getSearch', { q: 'pump', limit: 3 }, { hits: [] }]],
  },
  WORDPRESS: {
    make: wordpressPeer,
    calls: [
      ['getWpJsonWpPosts', { per_page: 5 }, [{ id: 1 }]],
      ['postWpAdminAdminAjaxHeartbeat', { interval: '15' }, { action: 'heartbeat' }],
      ['postWpAdminOptions', { blogname: 'A third blog' }, { saved: 'A third blog' }],
    ],
  },
  RUOYI: {
    make: ruoyiPeer,
    captcha: '8k2m',
    calls: [['getSystemUserById', { userId: '7' }, { userId: 7 }]],
  },
  GBK: {
    make: gbkPeer,
    calls: [['postOrders', { keyword: '停电', page: 2 }, { ok: true }]],
  },
};

/** A person who answers the captcha as soon as it is shown. */
async function answerCaptcha(text: string): Promise<void> {
  await vi.waitFor(
    async () => {
      const { json } = await gatehouse.ask('GET', '/v1/admin/captchas');
      const [{ id }] = (json as { items: [{ id: string }] }).items;
      await gatehouse.ask('POST', `/v1/admin/captchas/${id}`, { body: { text } });
    },
    { timeout: 30_000, interval: 100 },
  );
}

describe.each(['chrome', 'firefox'] as const)('what %s has recorded', (style) => {
  test.each(Object.keys(PLATFORMS))('becomes a definition that works: %s', async (name) => {
    const { make, calls, captcha, credentials = (each) => each.credentials } = PLATFORMS[name]!;
    const platform = await make();
    const har = file('visit.har', (await platform.visit(style)).har());
    const drafted = await run('recipe', '--har', har);
    expect(drafted.code).toBe(0);
    for (const secret of platform.secrets) expect(drafted.out + drafted.err).not.toContain(secret);

    const code = `${name}_${style.toUpperCase()}`;
    const definition = { ...(JSON.parse(drafted.out) as object), code };
    const path = file('draft.json', captcha ? withPerson(definition) : definition);
    expect(await run('apply', '--check', path)).toMatchObject({ code: 0, err: '' });
    expect(await run('apply', path)).toMatchObject({ code: 0 });
    await run('credentials', 'set', code, file('credentials.json', credentials(platform)));
    const login = run('login', code);
    if (captcha) await answerCaptcha(captcha);
    expect(await login).toMatchObject({ code: 0, err: '' });
    for (const [operation, params, answered] of calls) {
      const { json } = await gatehouse.call(code, operation, params);
      expect(json).toMatchObject({ success: true, data: answered });
    }
    await platform.peer.stop();
  });
});

/** The draft leaves the choice of solvers to whoever reads it. */
function withPerson(definition: object): object {
  return JSON.parse(
    JSON.stringify(definition).replace('"solvers":["CHAOJIYING","MANUAL"]', '"solvers":["MANUAL"]'),
  ) as object;
}
