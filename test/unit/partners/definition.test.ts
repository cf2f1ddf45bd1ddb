import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parsePartnerDefinition, requiredWebhookCredentials } from '../../../lib/partners/definition.ts';
import { parseStoredDefinition } from '../../../lib/registry/validation.ts';

const SERVICES = join(import.meta.dirname, '../../../services');
const shipped = readdirSync(SERVICES)
  .filter((name) => name.endsWith('.json') && !name.endsWith('.schema.json'))
  .map((name) => JSON.parse(readFileSync(join(SERVICES, name), 'utf8')) as { code: string });

describe('the part of a definition that a webhook takes', () => {
  test.each(shipped)('of $code is what the whole of it says', (document) => {
    const { code, status, webhook, settings } = parseStoredDefinition(document);
    const part = parsePartnerDefinition(document);
    expect(part).toEqual({ code, status, settings, ...(webhook ? { webhook } : {}) });
    expect(Object.keys(part)).not.toContain('baseUrl');
  });

  test('is read without the rest, and with every default', () => {
    expect(
      parsePartnerDefinition({ code: 'SHOP', webhook: { path: 'shop' }, auth: { type: 'NEWER' } }),
    ).toEqual({
      code: 'SHOP',
      status: 'ACTIVE',
      webhook: {
        path: 'shop',
        protocol: { type: 'URS' },
        windowSeconds: 300,
        rateLimit: { limit: 60, windowSeconds: 60 },
        settlement: 'SYNC',
      },
      settings: {},
    });
  });

  test('D3: what a newer version wrote is read without what this one does not know', () => {
    const newer = {
      path: 'x',
      future: 1,
      rateLimit: { limit: 5, burst: 2 },
      protocol: { type: 'URS', more: 1 },
    };
    expect(parsePartnerDefinition({ code: 'SHOP', webhook: newer }).webhook).toMatchObject({
      path: 'x',
      rateLimit: { limit: 5, windowSeconds: 60 },
      protocol: { type: 'URS' },
    });
  });

  test.each([
    [{ code: 'shop' }, 'code'],
    [{ code: 'SHOP', status: 'OPEN' }, 'status'],
    [{ code: 'SHOP', webhook: { path: '/x' } }, 'webhook.path'],
    [{ code: 'SHOP', webhook: { path: 'x/deposit' } }, 'webhook.path'],
    [{ code: 'SHOP', webhook: { path: 'x'.repeat(33) } }, 'webhook.path'],
    [{ code: 'SHOP', webhook: { protocol: { type: 'SMOKE_SIGNS' } } }, 'webhook.protocol'],
  ])('names what is wrong in %j', (document, field) => {
    expect(() => parsePartnerDefinition(document)).toThrow(
      expect.objectContaining({
        code: 'VALIDATION_FAILED',
        message: expect.stringContaining(field) as string,
      }) as Error,
    );
  });

  test('says which credentials its webhook needs; none where there is no webhook', () => {
    const urs = parsePartnerDefinition({ code: 'SHOP', webhook: { path: 'shop' } });
    expect(requiredWebhookCredentials(urs)).toEqual(['appKey']);
    expect(requiredWebhookCredentials(parsePartnerDefinition({ code: 'SHOP', webhook: {} }))).toEqual([]);
    expect(requiredWebhookCredentials(parsePartnerDefinition({ code: 'SHOP' }))).toEqual([]);
  });
});
