import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Documents } from '../../../lib/vendors/dynamodb/documents.ts';
import { GatewayError, isGatewayError } from '../../../lib/runtime/errors.ts';
import { recordKey } from '../../../lib/calls/idempotency/claim-state.ts';
import { createIdempotency } from '../../../lib/calls/idempotency/create-idempotency.ts';
import type { WorkResult, IdempotentRequest } from '../../../lib/calls/idempotency/idempotency.ts';
import { systemClock } from '../../../lib/runtime/clock.ts';
import type { Clock } from '../../../lib/runtime/clock.ts';
import { systemRandom } from '../../../lib/runtime/random.ts';
import { connectDocuments } from '../../../lib/vendors/dynamodb/documents.ts';
import { startDynamoDbWire } from '../../faults/dynamodb-wire.ts';
import { BAD_DAY } from '../../faults/faults.ts';
import { openStores } from '../../stores.ts';
import type { TestStores } from '../../stores.ts';

const T0 = Date.parse('2026-11-21T04:00:00Z');

/** A clock on which sleeping is what makes time pass, and that remembers each sleep. */
function sleepingClock(): Clock & { at: number; sleeps: number[] } {
  const clock = {
    at: T0,
    sleeps: [] as number[],
    now: () => clock.at,
    sleep: (ms: number) => {
      clock.sleeps.push(ms);
      clock.at += ms;
      return Promise.resolve();
    },
  };
  return clock;
}

/** Something a test lets go of when it likes. */
function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open: () => open(), opened };
}

const answered = (body: string | Buffer, keep = true): WorkResult => ({
  answer: { status: 201, headers: { 'content-type': 'application/json' }, body: Buffer.from(body) },
  keep,
});

const unavailable = new GatewayError('STORE_UNAVAILABLE', 'DynamoDB did not answer (ThrottlingException).');

describe('Idempotency-Key', () => {
  let stores: TestStores;
  beforeAll(async () => {
    stores = await openStores();
  });
  afterAll(() => stores.close());

  function setUp(given: { clock?: Clock; documents?: Documents } = {}) {
    const { clock = sleepingClock(), documents = stores.documents } = given;
    const table = stores.names.tables.idempotency;
    const warnings: string[] = [];
    const causes: unknown[] = [];
    const idempotency = createIdempotency({
      documents,
      table,
      clock,
      random: systemRandom,
      log: {
        warn(message, fields) {
          warnings.push(message);
          causes.push(fields);
        },
      },
    });
    const request = (extra: Partial<IdempotentRequest> = {}): IdempotentRequest => ({
      scope: 'key_1|ORDERS',
      key: randomUUID(),
      fingerprint: 'f1',
      deadline: { at: clock.now() + 10_000 },
      ...extra,
    });
    const itemOf = ({ scope, key }: IdempotentRequest) =>
      stores.documents.get(table, { pk: recordKey(scope, key) }, { consistent: true });
    return { idempotency, request, itemOf, warnings, causes, table };
  }

  /** Work that counts its runs. */
  function counting(body: string | Buffer = '{"id":9007199254740993123}', keep = true) {
    const work = Object.assign(
      () => {
        work.runs += 1;
        return Promise.resolve(answered(body, keep));
      },
      { runs: 0 },
    );
    return work;
  }

  /** The real table, with faults in front of it. */
  function faulty(faults: Partial<Documents>): Documents {
    return { ...stores.documents, ...faults };
  }

  it.each([3, 50])('%d parallel requests with one key run once and get one answer', async (count) => {
    const { idempotency, request } = setUp({ clock: systemClock });
    const same = request();
    let runs = 0;
    const outcomes = await Promise.all(
      Array.from({ length: count }, () =>
        idempotency.run({ ...same, deadline: { at: Date.now() + 25_000 } }, async () => {
          runs += 1;
          await systemClock.sleep(20);
          return answered(`run ${runs}`);
        }),
      ),
    );

    expect(runs).toBe(1);
    expect(outcomes.filter(({ replayed }) => !replayed)).toHaveLength(1);
    expect(new Set(outcomes.map(({ answer }) => JSON.stringify(answer))).size).toBe(1);
  });

  it('gives bytes, status and headers back as they were', async () => {
    const { idempotency, request } = setUp();
    const body = Buffer.from([0, 255, 128, 10, 0]);
    for (const bytes of [body, Buffer.alloc(0), Buffer.alloc(300 * 1_024, 7)]) {
      const same = request();
      const first = await idempotency.run(same, counting(bytes));
      expect(first).toEqual({ answer: answered(bytes).answer, replayed: false });
      expect(await idempotency.run(same, counting())).toEqual({ answer: first.answer, replayed: true });
    }
  });

  it('takes another request with the same key for a mistake, running or done', async () => {
    const { idempotency, request } = setUp();
    const one = request();
    const { opened, open } = gate();
    const running = idempotency.run(one, async () => {
      await expect(idempotency.run({ ...one, fingerprint: 'f2' }, counting())).rejects.toMatchObject({
        code: 'IDEMPOTENCY_MISMATCH',
      });
      open();
      return answered('done');
    });
    await opened;
    await running;
    await expect(idempotency.run({ ...one, fingerprint: 'f2' }, counting())).rejects.toMatchObject({
      code: 'IDEMPOTENCY_MISMATCH',
      message: 'This Idempotency-Key was used for another request.',
    });
  });

  it("knows one caller's key from another's", async () => {
    const { idempotency, request } = setUp();
    const one = request({ scope: 'a|b', key: 'c' });
    const work = counting();
    await idempotency.run(one, work);
    await idempotency.run({ ...one, scope: 'a', key: 'b|c' }, work);
    await idempotency.run({ ...one, scope: 'other' }, work);
    expect(work.runs).toBe(3);
  });

  it('waits for the first up to its own deadline, then says how long to wait', async () => {
    const clock = sleepingClock();
    const { idempotency, request } = setUp({ clock });
    const one = request();
    await idempotency.run(one, async () => {
      const impatient = { ...one, deadline: { at: clock.now() + 2_000 } };
      await expect(idempotency.run(impatient, counting())).rejects.toMatchObject({
        code: 'IDEMPOTENCY_IN_PROGRESS',
        message: 'The first request with this Idempotency-Key is still running.',
        retryable: true,
        retryAfterSeconds: 14,
      });
      expect(clock.sleeps).toEqual([50, 100, 200, 400, 500, 500, 200]);
      expect(clock.now()).toBe(T0 + 1_950);
      return answered('done');
    });
  });

  it('lets go of a key when nothing reached the third party', async () => {
    const { idempotency, request, itemOf } = setUp();
    const one = request();
    expect(await idempotency.run(one, counting('busy', false))).toMatchObject({ replayed: false });
    const refused = new GatewayError('CIRCUIT_OPEN', 'open', { mayHaveHadEffect: false });
    await expect(idempotency.run(one, () => Promise.reject(refused))).rejects.toBe(refused);
    expect(await itemOf(one)).toBeUndefined();

    const work = counting();
    await idempotency.run(one, work);
    expect(work.runs).toBe(1);
  });

  it('a waiter runs itself when the first let go', async () => {
    const { opened, open } = gate();
    const reads: unknown[] = [];
    // The first lets go when the second has met its claim.
    const documents = faulty({
      async get(...read) {
        reads.push(read);
        open();
        await first;
        return stores.documents.get(...read);
      },
    });
    const { idempotency, request, table } = setUp({ documents });
    const one = request();
    const started = gate();
    const first = idempotency.run(one, async () => {
      started.open();
      await opened;
      return answered('nothing sent', false);
    });
    await started.opened;
    const second = idempotency.run(one, counting('sent'));
    expect((await first).answer.body.toString()).toBe('nothing sent');
    expect((await second).answer.body.toString()).toBe('sent');
    // What is a moment old would send the waiter back to sleep.
    expect(reads).toEqual([[table, { pk: recordKey(one.scope, one.key) }, { consistent: true }]]);
  });

  it('a waiter with more time than the claim has takes over when it ends', async () => {
    const clock = sleepingClock();
    const { idempotency, request } = setUp({ clock });
    const one = request();
    const started = gate();
    void idempotency.run(one, () => {
      started.open();
      return new Promise(() => {});
    });
    await started.opened;
    const patient = { ...one, deadline: { at: T0 + 60_000 } };
    expect((await idempotency.run(patient, counting('second'))).answer.body.toString()).toBe('second');
    expect(clock.now()).toBe(T0 + 15_000);
  });

  it('costs one write to claim and one to finish', async () => {
    const states: unknown[] = [];
    const documents = faulty({
      put(table, item, expression) {
        states.push(item['state']);
        return stores.documents.put(table, item, expression);
      },
    });
    const { idempotency, request, warnings } = setUp({ documents });
    await idempotency.run(request(), counting());
    expect(states).toEqual(['claimed', 'completed']);
    expect(warnings).toEqual([]);
  });

  it('a record that comes to its end while it is looked at counts as none', async () => {
    const clock = sleepingClock();
    let slow = false;
    const documents = faulty({
      async put(table, item, expression) {
        const written = stores.documents.put(table, item, expression);
        await written.catch(() => undefined);
        if (slow) clock.at += 24 * 3_600_000;
        return written;
      },
    });
    const { idempotency, request } = setUp({ clock, documents });
    const one = request();
    await idempotency.run(one, counting('old'));
    slow = true;
    expect((await idempotency.run(one, counting('new'))).answer.body.toString()).toBe('new');
  });

  it('forgets after 24 hours, whether DynamoDB has deleted or not', async () => {
    const clock = sleepingClock();
    const { idempotency, request } = setUp({ clock });
    const one = request();
    const work = counting();
    await idempotency.run(one, work);
    clock.at += 24 * 3_600_000 - 1_000;
    await idempotency.run({ ...one, deadline: { at: clock.now() + 1_000 } }, work);
    expect(work.runs).toBe(1);
    clock.at += 1_001;
    await idempotency.run({ ...one, fingerprint: 'f2', deadline: { at: clock.now() + 1_000 } }, work);
    expect(work.runs).toBe(2);
  });

  it('I1: a worker that died leaves a busy key, then exactly one runs', async () => {
    const clock = sleepingClock();
    const { idempotency, request } = setUp({ clock });
    const one = request();
    const started = gate();
    void idempotency.run(one, () => {
      started.open();
      return new Promise(() => {});
    });
    await started.opened;

    const work = counting();
    await expect(idempotency.run(one, work)).rejects.toMatchObject({ code: 'IDEMPOTENCY_IN_PROGRESS' });
    expect(work.runs).toBe(0);

    clock.at = T0 + 15_000;
    const later = { ...one, deadline: { at: clock.now() + 60_000 } };
    const outcomes = await Promise.all(Array.from({ length: 8 }, () => idempotency.run(later, work)));
    expect(work.runs).toBe(1);
    expect(outcomes.filter(({ replayed }) => !replayed)).toHaveLength(1);
  });

  it('I1: the claim of a worker that died is not for another request (T)', async () => {
    const clock = sleepingClock();
    const { idempotency, request, itemOf } = setUp({ clock });
    const one = request();
    const started = gate();
    void idempotency.run(one, () => {
      started.open();
      return new Promise(() => {});
    });
    await started.opened;
    const before = await itemOf(one);
    clock.at = T0 + 15_000;
    const work = counting();
    const other = { ...one, fingerprint: 'f2', deadline: { at: clock.now() + 1_000 } };
    await expect(idempotency.run(other, work)).rejects.toMatchObject({ code: 'IDEMPOTENCY_MISMATCH' });
    expect([work.runs, await itemOf(one)]).toEqual([0, before]);
  });

  it.each([0, -60_000])('I2: with %d ms left the claim still has an end, and it lies ahead', async (left) => {
    const clock = sleepingClock();
    const { idempotency, request, itemOf } = setUp({ clock });
    const one = request({ deadline: { at: clock.now() + left } });
    await idempotency.run(one, async () => {
      expect(await itemOf(one)).toMatchObject({
        state: 'claimed',
        claimExpiresAt: { value: String(T0 + 5_000) },
        expiresAt: { value: String(T0 / 1_000 + 24 * 3_600) },
      });
      return answered('done');
    });
  });

  it('I3: a frozen worker that wakes cannot overwrite the newer claim; it gives the newer answer', async () => {
    const clock = sleepingClock();
    const { idempotency, request, itemOf, warnings, causes } = setUp({ clock });
    const one = request();
    const { opened, open } = gate();
    const started = gate();
    const frozen = idempotency.run(one, async () => {
      started.open();
      await opened;
      return answered('old');
    });
    await started.opened;
    clock.at += 15_000;
    await idempotency.run({ ...one, deadline: { at: clock.now() + 10_000 } }, counting('new'));
    open();

    expect(await frozen).toEqual({ answer: answered('new').answer, replayed: true });
    expect(Buffer.from((await itemOf(one))?.['body'] as Uint8Array).toString()).toBe('new');
    expect(warnings).toEqual(['A late worker lost its idempotency key to another worker.']);
    expect(causes).toStrictEqual([{}]);
  });

  it('I3: nor can it free, finish or fail a newer claim that is still at work; its caller hears of its own end', async () => {
    const clock = sleepingClock();
    const { idempotency, request, itemOf, warnings } = setUp({ clock });
    const bug = new Error('broke');
    const refused = new GatewayError('CIRCUIT_OPEN', 'open');
    const endings: [ending: () => Promise<WorkResult>, heard: unknown][] = [
      [() => Promise.resolve(answered('old')), { answer: answered('old').answer, replayed: false }],
      [() => Promise.resolve(answered('old', false)), { answer: answered('old').answer, replayed: false }],
      [() => Promise.reject(bug), bug],
      [() => Promise.reject(refused), refused],
    ];
    for (const [ending, heard] of endings) {
      const one = request();
      const { opened, open } = gate();
      const started = gate();
      const frozen = idempotency
        .run(one, () => {
          started.open();
          return opened.then(ending);
        })
        .catch((error: unknown) => error);
      await started.opened;
      clock.at += 15_000;
      const newer = await idempotency.run({ ...one, deadline: { at: clock.now() + 10_000 } }, async () => {
        const before = await itemOf(one);
        open();
        expect(await frozen).toEqual(heard);
        expect(await itemOf(one)).toEqual(before);
        return answered('new');
      });
      expect(newer.replayed).toBe(false);
    }
    // A claim that was lost before it could be freed is nothing to worry about.
    expect(warnings).toEqual(['A late worker lost its idempotency key to another worker.']);
  });

  it('I3: a worker that wakes after the 24 hours gives its own answer, not that to another request', async () => {
    const clock = sleepingClock();
    const { idempotency, request, warnings } = setUp({ clock });
    for (const endedMeanwhile of [false, true]) {
      const one = request({ deadline: { at: clock.now() + 10_000 } });
      const { opened, open } = gate();
      const started = gate();
      const frozen = idempotency.run(one, async () => {
        started.open();
        await opened;
        return answered('old');
      });
      await started.opened;
      clock.at += 24 * 3_600_000 + 1_000;
      const other = { ...one, fingerprint: 'f2', deadline: { at: clock.now() + 10_000 } };
      await idempotency.run(other, counting('new'));
      if (endedMeanwhile) clock.at += 24 * 3_600_000 + 1_000;
      open();
      expect(await frozen).toEqual({ answer: answered('old').answer, replayed: false });
      expect(warnings.splice(0)).toEqual(['A late worker lost its idempotency key to another worker.']);
    }
  });

  it('I4: work that throws after its effect is not run again', async () => {
    const clock = sleepingClock();
    const { idempotency, request } = setUp({ clock });
    const one = request();
    let effects = 0;
    const bug = new TypeError('undefined is not a function');
    await expect(
      idempotency.run(one, () => {
        effects += 1;
        return Promise.reject(bug);
      }),
    ).rejects.toBe(bug);

    clock.at += 3_600_000;
    const work = counting();
    await expect(
      idempotency.run({ ...one, deadline: { at: clock.now() + 10_000 } }, work),
    ).rejects.toMatchObject({
      code: 'IDEMPOTENCY_IN_PROGRESS',
      message:
        'The first request with this Idempotency-Key was interrupted and may have had its effect: it is not sent again. ' +
        'Check with the third party, then use a new key.',
      retryable: false,
      mayHaveHadEffect: true,
    });
    expect([effects, work.runs]).toEqual([1, 0]);
  });

  it('I4: an internal error of ours frees no key, whatever it says of effects (T)', async () => {
    const clock = sleepingClock();
    const { idempotency, request, itemOf } = setUp({ clock });
    const one = request();
    const broken = new GatewayError('INTERNAL', 'broke', { mayHaveHadEffect: false });
    await expect(idempotency.run(one, () => Promise.reject(broken))).rejects.toBe(broken);
    expect(await itemOf(one)).toMatchObject({ state: 'unresolved' });
    const work = counting();
    clock.at += 3_600_000;
    await expect(
      idempotency.run({ ...one, deadline: { at: clock.now() + 10_000 } }, work),
    ).rejects.toMatchObject({ code: 'IDEMPOTENCY_IN_PROGRESS', retryable: false });
    expect(work.runs).toBe(0);
  });

  it.each([
    ['cannot be given up', new TypeError('bug'), 'An unresolved idempotency key stays claimed.'],
    [
      'cannot be freed',
      new GatewayError('CIRCUIT_OPEN', 'open'),
      'An idempotency key stays claimed until its claim expires.',
    ],
  ])(
    'I4: a key that %s stays claimed, and the caller hears of what went wrong first',
    async (_, error, warning) => {
      const documents = faulty({
        put: (table, item, expression) =>
          item['state'] === 'unresolved'
            ? Promise.reject(unavailable)
            : stores.documents.put(table, item, expression),
        delete: () => Promise.reject(unavailable),
      });
      const { idempotency, request, itemOf, warnings, causes } = setUp({ documents });
      const one = request();
      await expect(idempotency.run(one, () => Promise.reject(error))).rejects.toBe(error);
      expect(await itemOf(one)).toMatchObject({ state: 'claimed' });
      expect(warnings).toEqual([warning]);
      expect(causes).toEqual([{ error: unavailable }]);
    },
  );

  it('I4: an ambiguous failure at the third party keeps the key busy until the claim expires', async () => {
    const clock = sleepingClock();
    const { idempotency, request } = setUp({ clock });
    const one = request();
    const lost = new GatewayError('PLATFORM_UNAVAILABLE', 'reset', { mayHaveHadEffect: true });
    await expect(idempotency.run(one, () => Promise.reject(lost))).rejects.toBe(lost);
    const work = counting();
    await expect(idempotency.run(one, work)).rejects.toMatchObject({ code: 'IDEMPOTENCY_IN_PROGRESS' });
    expect(work.runs).toBe(0);
    clock.at = T0 + 15_000;
    await idempotency.run({ ...one, deadline: { at: clock.now() + 10_000 } }, work);
    expect(work.runs).toBe(1);
  });

  it('I4: saving the answer is tried again; the effect is not', async () => {
    let failing = 3;
    const documents = faulty({
      put: (table, item, expression) =>
        item['state'] === 'completed' && failing-- > 0
          ? Promise.reject(unavailable)
          : stores.documents.put(table, item, expression),
    });
    const { idempotency, request, warnings } = setUp({ documents });
    const one = request();
    const work = counting();
    expect((await idempotency.run(one, work)).replayed).toBe(false);
    expect((await idempotency.run(one, work)).replayed).toBe(true);
    expect(work.runs).toBe(1);
    expect(warnings).toEqual([]);
  });

  it.each([
    [149, [50]],
    [150, [50, 100]],
    [60_000, [50, 100, 200, 400, 800]],
  ])('I4: with %d ms left, saving is tried again after %j ms', async (left, pauses) => {
    const clock = sleepingClock();
    let saves = 0;
    const documents = faulty({
      put(table, item, expression) {
        if (item['state'] !== 'completed') return stores.documents.put(table, item, expression);
        saves += 1;
        return Promise.reject(unavailable);
      },
    });
    const { idempotency, request, causes } = setUp({ clock, documents });
    await idempotency.run(request({ deadline: { at: T0 + left } }), counting());
    expect(clock.sleeps).toEqual(pauses);
    expect(saves).toBe(pauses.length + 1);
    expect(causes).toEqual([{ error: unavailable }]);
  });

  it('I4: when it cannot be saved at all the caller has its answer and the key stays busy', async () => {
    const documents = faulty({
      put: (table, item, expression) =>
        item['state'] === 'completed'
          ? Promise.reject(unavailable)
          : stores.documents.put(table, item, expression),
    });
    const { idempotency, request, warnings } = setUp({ documents });
    const one = request();
    const work = counting('answer');
    expect((await idempotency.run(one, work)).answer.body.toString()).toBe('answer');
    expect(warnings).toEqual(['The answer to an idempotency key could not be saved.']);
    await expect(idempotency.run(one, work)).rejects.toMatchObject({ code: 'IDEMPOTENCY_IN_PROGRESS' });
    expect(work.runs).toBe(1);
  });

  it('a reply lost after the write is no second claim, and no second completion', async () => {
    const twice: Documents['put'] = async (table, item, expression) => {
      await stores.documents.put(table, item, expression);
      await stores.documents.put(table, item, expression);
    };
    const { idempotency, request, warnings } = setUp({ documents: faulty({ put: twice }) });
    const one = request();
    const work = counting();
    expect((await idempotency.run(one, work)).replayed).toBe(false);
    expect((await idempotency.run(one, work)).replayed).toBe(true);
    expect(work.runs).toBe(1);
    expect(warnings).toEqual([]);
  });

  it.each([1, 2])(
    'I1 to I4 on a bad wire, seed %d: no key runs twice, and all are told the same (T)',
    async (seed) => {
      const wire = await startDynamoDbWire({
        upstream: stores.config.endpoints.dynamodb!,
        stage: stores.stage,
        seed,
        rates: { ...BAD_DAY, silence: 0.02, 'stalled-body': 0.02 },
      });
      const documents = connectDocuments({ region: 'us-east-1', endpoint: wire.endpoint, timeoutMs: 250 });
      const { idempotency, request } = setUp({ documents, clock: systemClock });
      let told = 0;
      for (let n = 0; n < 20; n++) {
        const same = request({ deadline: { at: Date.now() + 20_000 } });
        let runs = 0;
        const work = () => Promise.resolve(answered(`run ${++runs}`));
        const outcomes = await Promise.allSettled([1, 2, 3].map(() => idempotency.run(same, work)));
        const bodies = outcomes.flatMap((one) =>
          one.status === 'fulfilled' ? [String(one.value.answer.body)] : [],
        );
        const failures = outcomes.flatMap((one) =>
          one.status === 'rejected' ? [one.reason as unknown] : [],
        );
        expect(
          failures.filter((one) => !isGatewayError(one, 'STORE_UNAVAILABLE', 'IDEMPOTENCY_IN_PROGRESS')),
        ).toEqual([]);
        told += bodies.length;
        expect(runs).toBeLessThanOrEqual(1);
        expect(new Set(bodies).size).toBeLessThanOrEqual(1);
      }
      await wire.deliverLate();
      await wire.stop();
      expect(told).toBeGreaterThan(40);
    },
  );

  it('sends nothing while DynamoDB is throttled', async () => {
    const { idempotency, request } = setUp({ documents: faulty({ put: () => Promise.reject(unavailable) }) });
    const work = counting();
    await expect(idempotency.run(request(), work)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    expect(work.runs).toBe(0);
  });

  it('sends nothing under a key whose record cannot be read', async () => {
    const { idempotency, request, table } = setUp();
    const one = request();
    await stores.documents.put(table, { pk: recordKey(one.scope, one.key), state: 'melted' });
    const work = counting();
    await expect(idempotency.run(one, work)).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: 'The record of this Idempotency-Key cannot be read.',
      retryable: false,
    });
    expect(work.runs).toBe(0);
  });

  it('does not keep a body over 300 KB, says so, and does not send again', async () => {
    const { idempotency, request, itemOf } = setUp();
    const one = request();
    const work = counting(Buffer.alloc(300 * 1_024 + 1, 7));
    expect((await idempotency.run(one, work)).answer.body.length).toBe(300 * 1_024 + 1);
    expect(await itemOf(one)).not.toHaveProperty('body');
    await expect(idempotency.run(one, work)).rejects.toMatchObject({
      code: 'RESPONSE_TOO_LARGE',
      message: expect.stringContaining('307201 bytes') as string,
      retryable: false,
      mayHaveHadEffect: true,
    });
    expect(work.runs).toBe(1);
  });

  it('needs nobody to listen to its warnings', async () => {
    const { itemOf, request } = setUp();
    const documents = faulty({ delete: () => Promise.reject(unavailable) });
    const { tables } = stores.names;
    const idempotency = createIdempotency({
      documents,
      table: tables.idempotency,
      clock: sleepingClock(),
      random: systemRandom,
    });
    const one = request();
    expect(await idempotency.run(one, counting('busy', false))).toMatchObject({ replayed: false });
    expect(await itemOf(one)).toMatchObject({ state: 'claimed' });
  });
});
