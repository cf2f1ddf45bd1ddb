import { json } from '../../lib/api/message.ts';
import { docsPage } from '../../lib/api/docs-page.ts';
import { openapi } from '../../lib/api/openapi.ts';
import type { AdminHandlers } from './handlers.ts';

const VERSION = '0.1.0';
/** `/health` is public: however often it is asked, the stores are asked at most this often, milliseconds. */
const HEALTH_CACHE_MS = 5_000;

type Reach = 'ok' | 'unreachable';
let lastHealth: { at: number; stores: Record<string, Reach> } | undefined;

export const about = {
  async health(_request, { probes, clock }) {
    if (!lastHealth || clock.now() - lastHealth.at >= HEALTH_CACHE_MS) {
      const results = await Promise.all(
        Object.entries(probes).map(async ([name, probe]): Promise<[string, Reach]> => [
          name,
          await probe().then(
            () => 'ok' as const,
            () => 'unreachable' as const,
          ),
        ]),
      );
      lastHealth = { at: clock.now(), stores: Object.fromEntries(results) };
    }
    const { stores } = lastHealth;
    const down = Object.values(stores).includes('unreachable');
    return json(down ? 503 : 200, { status: down ? 'degraded' : 'ok', stores });
  },

  async openapi() {
    return json(200, openapi(VERSION));
  },

  async docs() {
    return {
      status: 200,
      headers: {
        'content-type': 'text/html; charset=utf-8',
        'content-security-policy':
          "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'",
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
      },
      body: docsPage(VERSION),
    };
  },
} satisfies Partial<AdminHandlers>;
