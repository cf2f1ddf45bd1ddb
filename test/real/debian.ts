/** Real programs come from Debian's own packages; where those cannot be installed, their tests are skipped. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** For all packages of one program, their download included. */
const INSTALL_MS = 240_000;

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
  const options = ['-qq', '-o', 'DPkg::Lock::Timeout=60'];
  const install = ['install', '-y', '--no-install-recommends', ...missing];
  // Without lists, or with old ones, the first try fails.
  await apt([...options, ...install])
    .catch(async () => {
      await apt([...options, 'update']);
      await apt([...options, ...install]);
    })
    .catch((error: Error) => {
      const [line] = /^E: .*$/m.exec(error.message) ?? [error.message.split('\n')[0]];
      throw new Error(`apt-get could not install ${names}: ${line}`, { cause: error });
    });
}

/** Debian's scripts start no service of a package while this run level is set: tests start their own. */
const apt = (args: string[]) =>
  run('apt-get', args, {
    timeout: INSTALL_MS,
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' },
    maxBuffer: 64_000_000,
  });
