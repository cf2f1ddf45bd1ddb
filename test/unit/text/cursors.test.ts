import { createSecretKey } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { createCursors } from '../../../lib/text/cursors.ts';

const keyOf = (byte: number) => ({ key: createSecretKey(Buffer.alloc(32, byte)) });
const clock = { now: () => 0 };
const cursors = createCursors(() => Promise.resolve([keyOf(1)]), clock);
const refusal = { code: 'VALIDATION_FAILED', fields: [{ field: 'cursor' }] };

const Json = z.json();
/** As it comes back: JSON has no -0, and a schema makes no key of `__proto__`. */
const json = fc
  .jsonValue({ stringUnit: 'binary' })
  .filter((value) => !JSON.stringify(value).includes('"__proto__":'))
  .map((value) => JSON.parse(JSON.stringify(value)) as z.infer<typeof Json>);
const text = fc.string({ unit: 'binary' });

describe('cursors', () => {
  it('give back what was written, for the same list only', async () => {
    await fc.assert(
      fc.asyncProperty(text, text, json, async (list, other, value) => {
        const cursor = await cursors.of(list, Json).write(value);
        expect(cursor).toMatch(/^[\w-]+$/);
        expect(await cursors.of(list, Json).read(cursor)).toEqual(value);
        fc.pre(other !== list);
        await expect(cursors.of(other, Json).read(cursor)).rejects.toMatchObject(refusal);
      }),
    );
  });

  it('refuse what was changed anywhere', async () => {
    const codec = cursors.of('calls', Json);
    const cursor = await codec.write({ before: '2026-11-21T04:05:06.789Z#19\ufffd', balance: '1.50' });
    const bytes = Buffer.from(cursor, 'base64url');
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
        const changed = Buffer.from(bytes);
        changed[at]! ^= flip;
        await expect(codec.read(changed.toString('base64url'))).rejects.toMatchObject(refusal);
      }),
    );
    for (let length = 0; length < cursor.length; length++)
      await expect(codec.read(cursor.slice(0, length))).rejects.toMatchObject(refusal);
  });

  it('have one spelling', async () => {
    const codec = cursors.of('calls', Json);
    const cursor = await codec.write('x');
    for (const other of [` ${cursor}`, `${cursor}=`, `${cursor}\ud800`, `\udc00${cursor}`, `${cursor}!`])
      await expect(codec.read(other)).rejects.toMatchObject(refusal);
    await fc.assert(
      fc.asyncProperty(text, async (any) => {
        await expect(codec.read(any)).rejects.toMatchObject(refusal);
      }),
    );
  });

  it('keep lists apart whose names differ in a lone surrogate, or where the name ends', async () => {
    const cursor = await cursors.of('entries user:\ud800', Json).write(1);
    await expect(cursors.of('entries user:\ud801', Json).read(cursor)).rejects.toMatchObject(refusal);
    const nested = await cursors.of('a', Json).write('b');
    await expect(cursors.of('a"\n"b', Json).read(nested)).rejects.toMatchObject(refusal);
  });

  it('refuse what the list no longer understands', async () => {
    const cursor = await cursors.of('calls', z.string()).write('x');
    await expect(cursors.of('calls', z.number()).read(cursor)).rejects.toMatchObject(refusal);
  });

  it('hold through a rotation of the key', async () => {
    let now = 0;
    let keys: [ReturnType<typeof keyOf>, ...ReturnType<typeof keyOf>[]] = [keyOf(1)];
    const open = () => createCursors(() => Promise.resolve(keys), { now: () => now }).of('calls', Json);
    const longRunning = open();
    const before = await longRunning.write('before');
    keys = [keyOf(2), keyOf(1)];
    const after = await open().write('after');
    expect(await open().read(before)).toBe('before');
    await expect(longRunning.read(after)).rejects.toMatchObject(refusal);
    now = 60_000;
    expect(await longRunning.read(after)).toBe('after');
    keys = [keyOf(3), keyOf(2)];
    await expect(open().read(before)).rejects.toMatchObject(refusal);
  });

  it('reject as the keys do', async () => {
    const without = createCursors(() => Promise.reject(new Error('no keys')), clock).of('calls', Json);
    await expect(without.write(1)).rejects.toThrow('no keys');
    const cursor = await cursors.of('calls', Json).write(1);
    await expect(without.read(cursor)).rejects.toThrow('no keys');
  });
});
