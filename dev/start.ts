/** `npm start` (SPEC 11). Run through `start.mjs`, which ensures Node 24. */
import * as z from 'zod';
import { startLocal } from './local.ts';
import type { LocalStack } from './local.ts';

/** Ctrl-C arrives twice, from the terminal and from npm: only a later signal forces the exit. */
const FORCE_AFTER_MS = 1_000;

const NO_PORT = 'must be a port, 0 to 65535';

const Settings = z.object({
  PORT: z
    .string()
    .regex(/^\d{1,5}$/, NO_PORT)
    .transform(Number)
    .refine((port) => port <= 65_535, NO_PORT)
    .default(3_000),
  GATEHOUSE_STAGE: z.literal('local', 'must be "local" here: other stages are deployed').default('local'),
  GATEHOUSE_ADMIN_KEY: z
    .string()
    .min(8, 'must have at least 8 characters')
    .regex(/^[\x21-\x7e]+$/, 'must be printable ASCII without spaces')
    .optional(),
  GATEHOUSE_SANDBOX: z.enum(['on', 'off'], 'must be "off" or not set').default('on'),
  GATEHOUSE_DATA_DIR: z.string().default('.local'),
});

const ENVIRONMENT = { ...process.env };
let stack: LocalStack | undefined;
let stopping: Promise<void> | undefined;
let asked = 0;

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
if (process.env['npm_lifecycle_event'] === 'start') endWithNpm();
const starting = start();
try {
  await starting;
} catch (error) {
  // One line; the stack trace only with LOG_LEVEL=DEBUG.
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`gatehouse cannot start: ${message}\n`);
  if (process.env['LOG_LEVEL'] === 'DEBUG') console.error(error);
  process.exit(1);
}

async function start(): Promise<void> {
  const settings = readSettings();
  stack = await startLocal({
    port: settings.PORT,
    dataDir: settings.GATEHOUSE_DATA_DIR,
    sandbox: settings.GATEHOUSE_SANDBOX === 'on',
    adminKey: settings.GATEHOUSE_ADMIN_KEY,
    firstUser: true,
    env: ENVIRONMENT,
    onAlert: (line) => void process.stdout.write(`${line}\n`),
  });
  if (stopping) return;
  process.stdout.write(`${greeting(stack).join('\n')}\n`);
}

function readSettings(): z.output<typeof Settings> {
  const set = Object.fromEntries(Object.entries(ENVIRONMENT).filter(([, value]) => value !== ''));
  const settings = Settings.safeParse(set);
  if (settings.success) return settings.data;
  throw new Error(
    settings.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`).join('; '),
  );
}

function greeting({ url, adminKey, firstUser, sandbox, describe }: LocalStack): string[] {
  const at = url === 'http://127.0.0.1:3000' ? '' : ` --url ${url}`;
  const doctor = `${keyForTerminal(adminKey)}npx gatehouse${at} doctor`;
  const bearer = `-H ${shellWord(`Authorization: Bearer ${adminKey}`)}`;
  const work = `${url}/v1/services/CITY_CENTER_WORK_ORDER`;
  const json = `-H 'Content-Type: application/json'`;
  const session = `${url}/v1/admin/services/CITY_CENTER_WORK_ORDER/session`;
  const user = `-d '{"params":{"userId":"10002"}}' ${work}/operations/getUserInfo`;
  const tries: [what: string, curl: string][] = sandbox
    ? [
        ['ask the platform for a user; the first call logs in', `curl -s ${bearer} ${json} ${user}`],
        ['the same user through the raw proxy', `curl -s ${bearer} ${work}/proxy/api/user/10002`],
        ['the session behind both, without its cookies', `curl -s ${bearer} ${session}`],
      ]
    : [
        ['health of the gateway and its stores', `curl -s ${url}/health`],
        ['all definitions', `curl -s ${bearer} ${url}/v1/admin/services`],
        ['the API, for machines', `curl -s ${url}/v1/openapi.json`],
      ];
  return [
    '',
    'running on this machine:',
    ...describe.map((line) => `  ${line}`),
    '',
    `admin key (of this machine only): ${adminKey}`,
    ...(firstUser
      ? [`to log in (shown this once): ${firstUser.username}, password ${firstUser.password}`]
      : []),
    `API description: ${url}/docs`,
    '',
    'try (each line works on its own):',
    ...tries.flatMap(([what, curl], index) => ['', `${index + 1}. ${what}`, curl]),
    '',
    'the whole story, step by step:  npm run demo',
    `check for problems:             ${doctor}`,
    '',
    `gatehouse ready on ${url}`,
  ];
}

/** The variable another terminal needs for `gatehouse` to find the key; empty where none is needed. */
function keyForTerminal(adminKey: string): string {
  const { GATEHOUSE_DATA_DIR: dataDir, GATEHOUSE_ADMIN_KEY: given } = ENVIRONMENT;
  if (given || dataDir === 'memory') return `GATEHOUSE_KEY=${shellWord(adminKey)} `;
  return dataDir ? `GATEHOUSE_DATA_DIR=${shellWord(dataDir)} ` : '';
}

/** As one word of a POSIX shell. */
function shellWord(text: string): string {
  return /^[\w./:-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

function onSignal(): void {
  asked ||= Date.now();
  if (stopping) {
    if (Date.now() - asked > FORCE_AFTER_MS) process.exit(130);
    return;
  }
  stopping = stop();
}

/** A killed npm sends no signal: a changed parent process shows it. */
function endWithNpm(): void {
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    onSignal();
  }, 500);
  watch.unref();
}

/** Also during a start: waits until it has finished, then stops everything. */
async function stop(): Promise<void> {
  try {
    await starting.catch(() => undefined);
    await stack?.stop();
    process.exit(0);
  } catch (error) {
    process.stderr.write(
      `gatehouse did not stop cleanly: ${error instanceof Error ? error.message : 'error'}\n`,
    );
    process.exit(1);
  }
}
