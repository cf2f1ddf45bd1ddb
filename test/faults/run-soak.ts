/**
 * The ledger's bad day at length: `npm run soak -- --seeds 1-20 --movements 5000 --workers 24`. One line per seed;
 * exit code 1 when one of them has a problem. A seed with one worker can be repeated exactly.
 *
 * Then storms on the whole product (FAULTS L10): 100,000 movements, 200 kills, in parts of 2,000; `--storm 10000` is a
 * tenth of both, `--storm 0` none.
 */
import { parseArgs } from 'node:util';
import { startStores } from '../../dev/stores/index.ts';
import { createTables } from '../../dev/stores/tables.ts';
import { soak } from '../integration/ledger/soak.ts';
import { storm } from '../storm.ts';
import { BAD_DAY, partOf } from './faults.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: process.env['SOAK_SEEDS'] ?? '1-3' },
    movements: { type: 'string', default: process.env['SOAK_MOVEMENTS'] ?? '2000' },
    workers: { type: 'string', default: process.env['SOAK_WORKERS'] ?? '16' },
    storm: { type: 'string', default: process.env['SOAK_STORM'] ?? '100000' },
  },
});
const [first, last = first] = values.seeds.split('-').map(Number);

/** 200 in 100,000. */
const MOVEMENTS_PER_KILL = 500;

/** Movements of one product, on stores of its own. */
const PART = 2_000;

const stores = await startStores({ dataDir: 'memory', env: { GATEHOUSE_STAGE: 'soak' }, redis: 'mock' });
Object.assign(process.env, stores.env);
const upstream = stores.env['AWS_ENDPOINT_URL_DYNAMODB']!;
try {
  for (let seed = first!; seed <= last!; seed++) {
    const stage = `soak${seed}`;
    await createTables({ endpoint: upstream, region: 'us-east-1', accessKeyId: 'local' }, stage);
    const { problems, ...counts } = await soak({
      seed,
      movements: Number(values.movements),
      workers: Number(values.workers),
      upstream,
      stage,
    });
    console.log(`seed ${seed}: ${JSON.stringify(counts)}, ${problems.length} problems`);
    for (const problem of problems) console.log(`  ${problem}`);
    if (problems.length > 0) process.exitCode = 1;
  }
} finally {
  await stores.stop();
}

/** Part by part: a storm in one piece would measure the embedded DynamoDB, whose writes slow down with its stream's length. */
const movements = Number(values.storm);
for (let done = 0, part = 0; done < movements; done += PART, part++) {
  const size = Math.min(PART, movements - done);
  const { problems, ...counts } = await storm({
    seed: first! + part,
    movements: size,
    duplicates: 0.3,
    kills: Math.ceil(size / MOVEMENTS_PER_KILL),
    faults: partOf(BAD_DAY, 0.4),
  });
  console.log(
    `storm, ${done + size} of ${movements}: ${JSON.stringify(counts)}, ${problems.length} problems`,
  );
  for (const problem of problems) console.log(`  ${problem}`);
  if (problems.length > 0) process.exitCode = 1;
}
