/**
 * How other processes find the stores of a running stack: `environment.json` in its data directory, readable by its
 * owner only, present while the stack runs.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';

/** What functions read (lib/runtime/config.ts) and a stack sets. The user's own AWS credentials are not written. */
const StackEnvironment = z.object({
  GATEHOUSE_STAGE: z.literal('local'),
  GATEHOUSE_ADMIN_KEY: z.string(),
  AWS_REGION: z.string(),
  AWS_ENDPOINT_URL_DYNAMODB: z.url(),
  AWS_ENDPOINT_URL_SECRETS_MANAGER: z.url(),
  AWS_ENDPOINT_URL_LAMBDA: z.url(),
  UPSTASH_REDIS_REST_URL: z.url(),
  UPSTASH_REDIS_REST_TOKEN: z.string(),
});
export type StackEnvironment = z.output<typeof StackEnvironment>;

const PROBE_MS = 2_000;
const fileIn = (dataDir: string) => join(dataDir, 'environment.json');

/** @returns what removes it. A stack that is killed leaves it behind; the next one replaces it. */
export function keepEnvironment(
  dataDir: string,
  env: Record<string, string | undefined>,
): () => Promise<void> {
  if (dataDir === 'memory') return async () => {};
  const file = fileIn(dataDir);
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  // An existing file would keep its mode: remove it first.
  rmSync(file, { force: true });
  writeFileSync(file, `${JSON.stringify(StackEnvironment.parse(env), null, 2)}\n`, { mode: 0o600 });
  return async () => rmSync(file, { force: true });
}

/** Of the stack that runs on `dataDir`; `undefined`: none. */
export async function runningEnvironment(dataDir: string): Promise<StackEnvironment | undefined> {
  const environment = kept(dataDir);
  if (!environment) return undefined;
  // The file may be left from a stack that was killed.
  const answers = await fetch(environment.AWS_ENDPOINT_URL_LAMBDA, {
    signal: AbortSignal.timeout(PROBE_MS),
  }).catch(() => undefined);
  await answers?.body?.cancel();
  return answers && environment;
}

function kept(dataDir: string): StackEnvironment | undefined {
  try {
    return StackEnvironment.safeParse(JSON.parse(readFileSync(fileIn(dataDir), 'utf8'))).data;
  } catch {
    return undefined;
  }
}

export const dataDirOf = (env: Record<string, string | undefined>) => env['GATEHOUSE_DATA_DIR'] || '.local';
