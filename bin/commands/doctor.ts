import { Command } from 'commander';
import { Health } from '../../lib/api/schemas.ts';
import { accountQuery, named } from '../account-option.ts';
import { CommandFailed, EXIT, isProblem } from '../api.ts';
import type { Api } from '../api.ts';
import { span } from '../duration.ts';
import type { Answer } from '../route-types.ts';
import type { Check, Finding } from '../doctor/check.ts';
import {
  baseUrlOf,
  breakerOf,
  definitionOf,
  healthOf,
  overlapOf,
  quotasOf,
  webhookOf,
} from '../doctor/service-use.ts';
import { clockOf, deadLettersOf, keysOf, openAlerts, subscriptionsOf } from '../doctor/stack-use.ts';
import { untoldAlerts } from '../doctor/untold-alerts.ts';
import { isLoopback } from '../loopback.ts';
import type { Terminal } from '../terminal.ts';

type Service = Answer<'getService'>;
type Alert = Answer<'listAlerts'>['items'][number];

export const doctorCommand = ({ api, print }: Terminal) =>
  new Command('doctor')
    .description('Look for what is commonly wrong, and say how to mend it')
    .action(async () => {
      const checks = await examine(api());
      print(
        { items: checks },
        checks.map(({ check, level, message }) => `${level.padEnd(4)}  ${check}: ${message}`),
      );
      const failed = checks.filter(({ level }) => level === 'FAIL').length;
      if (failed > 0) throw new CommandFailed(`${failed} of ${checks.length} checks failed.`, EXIT.FAILED);
    });

async function examine(api: Api): Promise<Check[]> {
  const checks: Check[] = [
    { check: 'node', level: 'ok', message: process.version },
    await examineHealth(api),
    ...findings('clock', clockOf(await dateOf(api), Date.now())),
  ];
  const services = await attempt(() => api.request('listServices'));
  checks.push(
    services.error
      ? keyCheck(services.error)
      : { check: 'key', level: 'ok', message: 'works, role viewer or higher' },
  );
  const alerts = await attempt(() => api.request('listAlerts'));
  const open = (alerts.value?.items ?? []).filter(({ state }) => state !== 'resolved');
  const unverified = await attempt(() => api.request('listUnverifiedRequests', { query: { hours: 24 } }));
  for (const service of services.value?.items ?? []) {
    checks.push(await examineService(api, service, open));
    checks.push(...findings(service.code, await examineUse(api, service, unverified.value?.items ?? [])));
  }
  checks.push(...(await examineStack(api)));
  if (alerts.value) {
    checks.push(...findings('open', openAlerts(open, TOLD)), await examineAlerts(api, open));
  }
  return checks;
}

/** A key for calls is a good key; it does not see enough. */
function keyCheck(error: Error): Check {
  const message = firstLine(error);
  return isProblem(error, 'FORBIDDEN')
    ? { check: 'key', level: 'warn', message: `${message}; what it may not see is left out` }
    : { check: 'key', level: 'FAIL', message };
}

/** Kinds of alerts that the look at their service names. */
const TOLD = [
  'HEALTH_CHECK',
  'LOGIN_LOCKED',
  'LOGIN_UNCLEAR',
  'SESSION_NEEDS_PERSON',
  'CREDENTIALS_REFUSED',
  'TRANSFER_DEAD',
];

const findings = (check: string, found: readonly Finding[]): Check[] =>
  found.map((finding) => ({ check, ...finding }));

async function examineUse(
  api: Api,
  service: Service,
  unverified: Answer<'listUnverifiedRequests'>['items'],
): Promise<Finding[]> {
  const { code } = service;
  const params = { code };
  const [calls, breaker, quotas, health, versions] = await Promise.all([
    attempt(() => api.request('listCalls', { query: { service: code, limit: 10 } })),
    attempt(() => api.request('getBreaker', { params })),
    attempt(() => api.request('getQuotas', { params })),
    attempt(() => api.request('getServiceHealth', { params })),
    attempt(() => api.request('getCredentials', { params })),
  ]);
  return [
    ...definitionOf(service, isLoopback(api.url)),
    ...(calls.value ? baseUrlOf(service, calls.value.items) : []),
    ...(breaker.value ? breakerOf(code, breaker.value) : []),
    ...(quotas.value ? quotasOf(code, quotas.value) : []),
    ...(health.value ? healthOf(code, health.value) : []),
    ...(versions.value ? overlapOf(code, versions.value.items, Date.now()) : []),
    ...webhookOf(service, unverified),
  ];
}

/** What a key without permission cannot see is not looked at. */
async function examineStack(api: Api): Promise<Check[]> {
  const [keys, dead, subscriptions] = await Promise.all([
    attempt(() => api.request('listKeys')),
    attempt(() => api.request('listDeadLetters', { query: { limit: 1 } })),
    attempt(() => api.request('listSubscriptions')),
  ]);
  return [
    ...findings('keys', keysOf(keys.value?.items ?? [], Date.now())),
    ...findings('money', deadLettersOf(dead.value?.items ?? [])),
    ...findings('events', subscriptionsOf(subscriptions.value?.items ?? [])),
  ];
}

/** When the API says that it is. */
async function dateOf({ url }: Api): Promise<string | null> {
  const { value } = await attempt(() => fetch(new URL('/health', url)));
  return value?.headers.get('date') ?? null;
}

async function examineAlerts(api: Api, alerts: Alert[]): Promise<Check> {
  const { value, error } = await attempt(() => api.request('listChannels'));
  if (error) return { check: 'alerts', level: 'FAIL', message: firstLine(error) };
  const { items } = value!;
  const wrong = untoldAlerts(api.url, alerts, items, Date.now());
  if (wrong !== undefined) return { check: 'alerts', level: 'warn', message: wrong };
  const where = items.length === 0 ? 'the terminal of npm start' : items.map(({ name }) => name).join(', ');
  return { check: 'alerts', level: 'ok', message: `people are told by ${where}` };
}

/** @throws CommandFailed when there is no answer: nothing else can be checked. */
async function examineHealth(api: Api): Promise<Check> {
  const check = `api ${api.url}`;
  const { value, error } = await attempt(() => api.request('health'));
  if (error instanceof CommandFailed && error.exitCode === EXIT.UNREACHABLE) throw error;
  // A store that is down makes the answer a 503, which still names it.
  const health = Health.safeParse(value ?? (error as CommandFailed).details);
  if (!health.success) {
    return {
      check,
      level: 'FAIL',
      message: error ? firstLine(error) : 'does not report the state of its stores',
    };
  }
  const { stores } = health.data;
  const down = Object.keys(stores).filter((store) => stores[store] !== 'ok');
  return down.length > 0
    ? { check, level: 'FAIL', message: `cannot reach ${down.join(', ')}` }
    : { check, level: 'ok', message: `up; ${Object.keys(stores).join(', ')} answer` };
}

async function examineService(api: Api, service: Service, alerts: Alert[]): Promise<Check> {
  const { code, status, auth } = service;
  const accounts = await attempt(() => api.request('listAccounts', { params: { code } }));
  const names = accounts.value?.items.map(({ account }) => account ?? undefined) ?? [undefined];
  const found = await Promise.all(names.map((account) => examineAccount(api, service, account, alerts)));
  const faults = found.flatMap((one) => one.faults);
  const credentials =
    auth.type === 'NONE' || isWithoutLogin(auth) ? undefined : await checkCredentials(api, code);
  if (credentials?.level === 'FAIL') faults.push(credentials.message);
  if (faults.length > 0) return { check: code, level: 'FAIL', message: faults.join('; ') };
  if (credentials) return { check: code, ...credentials };
  if (found.some(({ state }) => state === 'needs-person')) {
    const message = `not used yet, no session: log in with a browser, then gatehouse session import ${code}`;
    return { check: code, level: 'warn', message };
  }
  const states = found.flatMap(({ account, state }) =>
    state === undefined ? [] : [`${account === undefined ? '' : `${account} `}${state}`],
  );
  return {
    check: code,
    level: 'ok',
    message: `${status}${states.length > 0 ? `, session ${states.join(', ')}` : ''}`,
  };
}

interface Examined {
  account: string | undefined;
  faults: string[];
  state: string | undefined;
}

async function examineAccount(
  api: Api,
  { code, auth }: Service,
  account: string | undefined,
  alerts: Alert[],
): Promise<Examined> {
  const session =
    auth.type === 'SESSION'
      ? await attempt(() => api.request('getSession', { params: { code }, ...accountQuery(account) }))
      : undefined;
  const which = account === undefined ? '' : `${account}: `;
  const option = account === undefined ? '' : ` --account ${account}`;
  const unlock = `gatehouse session unlock ${code}${option}`;
  const lockedUntil = session?.value?.lockout.lockedUntil;
  const faults: string[] = [];
  if (lockedUntil) {
    const left = span(Date.parse(lockedUntil) - Date.now());
    faults.push(
      `${which}logins were refused, or ended without a verdict; they are paused for another ${left}: set correct credentials, or run ${unlock}`,
    );
  }
  if (session?.value?.lastFailure?.code === 'LOGIN_UNCLEAR') {
    faults.push(
      `${which}its last login matched neither success nor failures: see what it saw with gatehouse login ${code} --dry-run${option}, and complete the recipe`,
    );
  }
  const refused = alerts.find(
    ({ kind, subject }) => kind === 'CREDENTIALS_REFUSED' && subject === named(code, account),
  );
  if (refused) {
    faults.push(
      `${refused.summary} Set correct ones: gatehouse credentials set ${code} FILE; or run ${unlock}`,
    );
  }
  const wanted = alerts.find(
    ({ kind, subject }) => kind === 'SESSION_NEEDS_PERSON' && subject === named(code, account),
  );
  const openCommand = isWithoutLogin(auth) ? 'gatehouse session import' : 'gatehouse login';
  if (wanted) faults.push(`${wanted.summary} Then: ${openCommand} ${code}${option}`);
  if (session?.error) faults.push(`${which}its session cannot be read: ${firstLine(session.error)}`);
  return { account, faults, state: session?.value?.state };
}

/** It lives on sessions from people, and may need no credentials. */
const isWithoutLogin = (auth: Service['auth']): boolean => auth.type === 'SESSION' && !auth.login;

/** A service that was not called yet may lack credentials; one that is called fails without them. */
async function checkCredentials(api: Api, code: string): Promise<Omit<Check, 'check'> | undefined> {
  const versions = await attempt(() => api.request('getCredentials', { params: { code } }));
  if (versions.error) return { level: 'FAIL', message: firstLine(versions.error) };
  if (versions.value!.items.length > 0) return undefined;
  const calls = await attempt(() => api.request('listCalls', { query: { service: code, limit: 1 } }));
  const used = (calls.value?.items.length ?? 0) > 0;
  return used
    ? { level: 'FAIL', message: `is called, but has no credentials: gatehouse credentials set ${code} FILE` }
    : { level: 'warn', message: `not used yet, no credentials: gatehouse credentials set ${code} FILE` };
}

const firstLine = (error: Error) => error.message.split('\n')[0]!;

async function attempt<T>(run: () => Promise<T>): Promise<{ value?: T; error?: Error }> {
  try {
    return { value: await run() };
  } catch (error) {
    return { error: error as Error };
  }
}
