/** Real programs come from Debian's own packages; where those cannot be installed, their tests are skipped. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** For all packages of one program. What is unpacked is not interrupted. */
const DOWNLOAD_MS = 90_000;

/**
 * Installs what is missing, and prints one line: the versions, or why there is none.
 * @returns whether the program is there.
 */
export async function installed(program: string, packages: readonly string[]): Promise<boolean> {
  const versions = await ensure(packages).catch((error: Error) => error);
  const isThere = !(versions instanceof Error);
  console.log(`${program}: ${isThere ? versions.join(', ') : `skipped, ${versions.message}`}`);
  return isThere;
}

async function ensure(packages: readonly string[]): Promise<string[]> {
  const before = await Promise.all(packages.map(versionOf));
  const missing = packages.filter((_, at) => before[at] === undefined);
  if (missing.length > 0) await install(missing);
  const after = await Promise.all(packages.map(versionOf));
  return packages.map((name, at) => `${name} ${after[at]}`);
}

async function versionOf(name: string): Promise<string | undefined> {
  const shown = await run('dpkg-query', [
    '--show',
    '--showformat=${db:Status-Abbrev} ${Version}',
    name,
  ]).catch(() => undefined);
  const [, version] = /^ii\s+(\S+)/.exec(shown?.stdout ?? '') ?? [];
  return version;
}

async function install(missing: readonly string[]): Promise<void> {
  const names = missing.join(' ');
  if (process.getuid?.() !== 0) throw new Error(`not installed, and only root may: apt-get install ${names}`);
  const packages = ['install', '-y', '--no-install-recommends', ...missing];
  const end = Date.now() + DOWNLOAD_MS;
  const download = () => apt([...packages, '--download-only'], end - Date.now());
  try {
    // Without lists, or with old ones, the first try fails.
    await download().catch(async () => {
      await apt(['update'], end - Date.now());
      await download();
    });
    await apt(packages);
  } catch (error) {
    const [line] = /^E: .*$/m.exec(String(error)) ?? [`more than ${DOWNLOAD_MS / 1_000} s, or no apt-get`];
    throw new Error(`apt-get could not install ${names}: ${line}`, { cause: error });
  }
}

/** @param limitMs ends it: fit for what changes nothing of the system. */
const apt = (args: string[], limitMs = 0) =>
  run('apt-get', ['-qq', '-o', 'DPkg::Lock::Timeout=60', ...args], {
    // 0 would be no limit.
    ...(limitMs === 0 ? {} : { timeout: Math.max(limitMs, 1) }),
    // Debian's scripts start no service at this run level: tests start their own.
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' },
    maxBuffer: 64_000_000,
  });
