/** `npm run demo` (SPEC 11). Run through `demo.mjs`, which ensures Node 24. */
import { randomBytes } from 'node:crypto';
import { createNarrator } from './demo/narrator.ts';
import { playMoney } from './demo/money.ts';
import { registerPartner } from './demo/partner.ts';
import { registerServices } from './demo/services.ts';
import { findStack } from './demo/stack.ts';
import { playStory } from './demo/story.ts';
import { startSandbox } from './sandbox/index.ts';

const tell = createNarrator((line) => void process.stdout.write(`${line}\n`));
const stops: (() => Promise<void>)[] = [];
let stopping: Promise<void> | undefined;

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void stop().finally(() => process.exit(130)));
}

try {
  await demo();
} catch (error) {
  tell.claim('the demo ran to its end', false, error instanceof Error ? error.message : 'error');
}
await stop();
const broken = tell.broken();
process.stdout.write(broken.length === 0 ? '\nEverything held.\n' : `\n${broken.length} did not hold.\n`);
process.exit(broken.length === 0 ? 0 : 1);

async function demo(): Promise<void> {
  const stack = await findStack({ ...process.env });
  stops.push(() => stack.stop());
  process.stdout.write(`${stack.description}\n`);
  const sandbox = await startSandbox();
  stops.push(() => sandbox.stop());
  const run = randomBytes(3).toString('hex').toUpperCase();
  const services = await registerServices(stack, sandbox, run);
  stops.push(() => services.remove());
  const partner = await registerPartner(stack, sandbox, run);
  stops.push(() => partner.remove());
  process.stdout.write(
    `A work-order platform, a Chaojiying and a URS of its own; services ${services.platform}, ${partner.code}.\n`,
  );
  await playStory({ tell, stack, sandbox, services });
  await playMoney({ tell, stack, sandbox, partner });
}

/** In reverse order; a failure to stop one does not prevent the others. */
async function stop(): Promise<void> {
  stopping ??= (async () => {
    for (const step of stops.splice(0).toReversed()) await step().catch(() => undefined);
  })();
  await stopping;
}
