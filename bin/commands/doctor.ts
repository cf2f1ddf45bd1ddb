import { Command } from 'commander';
import { CommandFailed, EXIT } from '../api.ts';
import type { Api } from '../api.ts';
import type { Terminal } from '../terminal.ts';

interface Check {
  check: string;
  ok: boolean;
  says: string;
}

interface Service {
  code: string;
  status: string;
  auth: { type: string };
}

export const doctorCommand = ({ api, print }: Terminal) =>
  new Command('doctor')
    .description('Look for what is wrong: stores, key, services without credentials, locked accounts')
    .action(async () => {
      const checks = await examine(api());
      print(
        { items: checks },
        checks.map(({ check, ok, says }) => `${ok ? 'ok  ' : 'FAIL'}  ${check}: ${says}`),
      );
      const failed = checks.filter(({ ok }) => !ok).length;
      if (failed > 0) throw new CommandFailed(`${failed} of ${checks.length} checks failed.`, EXIT.FAILED);
    });

async function examine(api: Api): Promise<Check[]> {
  const checks: Check[] = [{ check: 'node', ok: true, says: process.version }];
  const health = await attempt(() => api.get('/health'));
  if (health.error instanceof CommandFailed && health.error.exitCode === EXIT.UNREACHABLE) throw health.error;
  checks.push({
    check: `api ${api.url}`,
    ok: !health.error,
    says: health.error?.message ?? JSON.stringify(health.value),
  });

  const services = await attempt(() => api.get('/v1/admin/services') as Promise<{ items: Service[] }>);
  checks.push({
    check: 'key',
    ok: !services.error,
    says: services.error?.message.split('\n')[0] ?? 'may read the registry',
  });
  for (const service of services.value?.items ?? []) checks.push(await examineService(api, service));
  return checks;
}

async function examineService(api: Api, { code, status, auth }: Service): Promise<Check> {
  const base = `/v1/admin/services/${code}`;
  const faults: string[] = [];
  if (auth.type !== 'NONE') {
    const versions = await attempt(() => api.get(`${base}/credentials`) as Promise<{ items: unknown[] }>);
    if (versions.error) faults.push(versions.error.message);
    else if (versions.value!.items.length === 0)
      faults.push(`no credentials: gatehouse credentials set ${code} FILE`);
  }
  const session = auth.type === 'SESSION' ? await attempt(() => api.get(`${base}/session`)) : undefined;
  const state = (session?.value as { state?: string } | undefined)?.state;
  if (state === 'locked-out') faults.push(`logins are paused: gatehouse session unlock ${code}`);
  const says = faults.length > 0 ? faults.join('; ') : `${status}${state ? `, session ${state}` : ''}`;
  return { check: code, ok: faults.length === 0, says };
}

async function attempt<T>(run: () => Promise<T>): Promise<{ value?: T; error?: Error }> {
  try {
    return { value: await run() };
  } catch (error) {
    return { error: error as Error };
  }
}
