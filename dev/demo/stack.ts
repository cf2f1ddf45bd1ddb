/** The Gatehouse that the demo uses: the one running on this machine, else one of its own. */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface DemoStack {
  url: string;
  adminKey: string;
  /** One line for a person. */
  description: string;
  /** Sends the event of the schedule; `undefined` where only the schedule itself can. */
  tick: (() => Promise<void>) | undefined;
  stop(): Promise<void>;
}

type Environment = Record<string, string | undefined>;

const PROBE_MS = 2_000;

export async function findStack(env: Environment): Promise<DemoStack> {
  return (await runningStack(env)) ?? ownStack(env);
}

async function runningStack(env: Environment): Promise<DemoStack | undefined> {
  const url = `http://127.0.0.1:${env['PORT'] || '3000'}`;
  const adminKey = env['GATEHOUSE_ADMIN_KEY'] || keptKey(env['GATEHOUSE_DATA_DIR'] || '.local');
  if (adminKey === undefined) return undefined;
  const answer = await fetch(`${url}/v1/admin/keys`, {
    headers: { authorization: `Bearer ${adminKey}` },
    signal: AbortSignal.timeout(PROBE_MS),
  }).catch(() => undefined);
  // Something else on this port, or a Gatehouse with an unknown key.
  if (answer?.status !== 200) return undefined;
  const description = `Playing against the Gatehouse that runs on ${url}.`;
  return { url, adminKey, description, tick: undefined, stop: async () => {} };
}

function keptKey(dataDir: string): string | undefined {
  try {
    return readFileSync(join(dataDir, 'admin-key'), 'utf8').trim();
  } catch {
    return undefined;
  }
}

/** What the own stack's process says. */
export type ToDemo = { url: string; adminKey: string } | { ticked: true } | { failed: string };

async function ownStack(env: Environment): Promise<DemoStack> {
  const child = fork(join(import.meta.dirname, 'own-stack.ts'), {
    env: { ...env },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const ready = await said(child);
  if (!('url' in ready)) throw new Error(`No stack could be started: ${reasonOf(ready)}`);
  return {
    ...ready,
    description: `No running Gatehouse with a known key was found: started one in memory on ${ready.url}.`,
    tick: async () => {
      const answer = said(child);
      child.send('tick');
      const ticked = await answer;
      if (!('ticked' in ticked)) throw new Error(`The keepalive function failed: ${reasonOf(ticked)}`);
    },
    stop: async () => {
      const exited = once(child, 'exit');
      child.disconnect();
      await exited;
    },
  };
}

const reasonOf = (message: ToDemo) => ('failed' in message ? message.failed : 'it ended early');

/** The child's next message. */
async function said(child: ChildProcess): Promise<ToDemo> {
  const [message] = (await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then((): [ToDemo] => [{ failed: 'it ended early' }]),
  ])) as [ToDemo];
  return message;
}
