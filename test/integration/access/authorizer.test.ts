/** Who a key is, while a store is down and the process is new. */
import { readFileSync } from 'node:fs';
import type { Context } from 'aws-lambda';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../../dev/stores/free-port.ts';
import { identify } from '../../../functions/authorizer/authorizer.ts';
import { httpFunction } from '../../../functions/wiring/http-function.ts';
import { createApiKeys } from '../../../lib/access/api-keys.ts';
import { json } from '../../../lib/api/message.ts';
import { systemClock as clock } from '../../../lib/runtime/clock.ts';
import { systemRandom as random } from '../../../lib/runtime/random.ts';
import { connectSecrets } from '../../../lib/vendors/secrets/secrets.ts';
import { openStores } from '../../stores.ts';
import type { TestStores } from '../../stores.ts';

let stores: TestStores;
beforeAll(async () => {
  stores = await openStores();
  // The functions' own log reads it.
  Object.assign(process.env, stores.env, { LOG_LEVEL: 'SILENT' });
});
afterAll(() => stores.close());

const bearer = (key: string) => ({ headers: { authorization: `Bearer ${key}` } });
const nobody = { identify: () => Promise.reject(new Error('Nobody asks for people.')) };

/** Keys as a new process has them; Secrets Manager is at an address where nobody listens. */
async function withoutSecretsManager() {
  const { documents, names, config } = stores;
  const endpoint = `http://127.0.0.1:${await freePort()}`;
  const secrets = connectSecrets({ region: config.region, endpoint, timeoutMs: 200 });
  const wellKnown = async () => {
    const key = await secrets.getVersion(names.secrets.adminKey, 'AWSCURRENT');
    return key ? [{ id: 'admin-key', key: key.text }] : [];
  };
  return createApiKeys({ documents, names, clock, random, wellKnown });
}

describe('the authorizer without Secrets Manager (W5)', () => {
  it('admits stored keys', async () => {
    const keys = await withoutSecretsManager();
    const { key, id } = await keys.create({ name: 'n', role: 'operator', createdBy: 'local' });
    const cold = await withoutSecretsManager();
    expect(await identify(bearer(key), { keys: cold, people: nobody })).toEqual({ role: 'operator', id });
  });

  it('does not fail over a key that is not stored: its caller is told to come back', async () => {
    const principal = await identify(bearer('gh_not-stored'), {
      keys: await withoutSecretsManager(),
      people: nobody,
    });
    expect(principal).toEqual({ role: 'unknown', id: '' });

    const routes = { any: { method: 'GET', path: '/v1/admin/services', role: 'viewer' } as never };
    const serve = httpFunction(routes, () => Promise.resolve(json(200, {})), {
      finish: () => Promise.resolve(),
    });
    const sample = JSON.parse(readFileSync('events/admin-list-services.json', 'utf8')) as {
      requestContext: object;
    };
    const answerTo = async (role: string) => {
      const authorizer = { lambda: { role, principal: 'k' } };
      const event = { ...sample, requestContext: { ...sample.requestContext, authorizer } };
      const context = { getRemainingTimeInMillis: () => 5_000 } as Context;
      return (await serve(event as never, context)) as { statusCode: number; body: string };
    };
    expect((await answerTo('viewer')).statusCode).toBe(200);
    expect((await answerTo('none')).statusCode).toBe(401);
    const refused = await answerTo(principal.role);
    expect(refused.statusCode).toBe(503);
    expect(JSON.parse(refused.body)).toMatchObject({ code: 'STORE_UNAVAILABLE', retryable: true });
  });
});
