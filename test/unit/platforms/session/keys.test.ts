import { expect, it } from 'vitest';
import type { PlatformDefinition } from '../../../../lib/platforms/definition.ts';
import { sessionGenerationKey, sessionKeys } from '../../../../lib/platforms/session/keys.ts';

const definition = (code: string, keyPrefix?: string) =>
  ({ code, auth: keyPrefix === undefined ? {} : { keyPrefix } }) as PlatformDefinition;

it('D3: the keys of a session, which processes of every version share', () => {
  const { vain, ...keys } = sessionKeys(definition('ORDERS', 'p:'));
  expect(keys).toEqual({
    prefix: 'p:',
    main: 'p:session:main',
    backup: 'p:session:backup',
    lastUpdate: 'p:config:last_update',
    loginCount: 'p:stats:login_count',
    errorCount: 'p:stats:error_count',
    generation: 'p:session:generation',
    counter: 'p:session:counter',
    lock: 'p:session:lock',
    rejected: 'p:session:rejected',
    failure: 'p:session:failure',
    lockout: 'p:session:lockout',
    usual: 'p:stats:login_ms',
    lastLogins: 'p:stats:last_logins_ms',
    refresh: 'p:session:refresh',
    oneTimeCode: 'p:session:one-time-code',
    needsPerson: 'p:session:needs-person',
    background: 'p:session:background',
    dryRun: 'p:session:dry-run',
    keepalive: 'p:session:keepalive',
    keepaliveOwner: 'p:session:keepalive-owner',
  });
  expect(vain('getOrder')).toBe('p:session:vain:getOrder');
});

it('begin with the code of the service where the definition names no prefix', () => {
  expect(sessionKeys(definition('WORK_ORDER')).prefix).toBe('gateway:work_order:');
  expect(sessionGenerationKey(definition('WORK_ORDER'))).toBe('gateway:work_order:session:generation');
  expect(sessionGenerationKey(definition('ORDERS', 'p:'))).toBe(
    sessionKeys(definition('ORDERS', 'p:')).generation,
  );
});

it('of one of several accounts stand below that', () => {
  expect(sessionKeys(definition('ORDERS', 'p:'), 'north')).toMatchObject({
    prefix: 'p:north:',
    main: 'p:north:session:main',
    lockout: 'p:north:session:lockout',
  });
  expect(sessionGenerationKey(definition('WORK_ORDER'), 'north')).toBe(
    'gateway:work_order:north:session:generation',
  );
});
