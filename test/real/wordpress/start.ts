import { execFile } from 'node:child_process';
import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { startMariaDb } from '../mariadb.ts';
import type { MariaDb } from '../mariadb.ts';
import { startProgram } from '../program.ts';
import type { Program } from '../program.ts';

export const PACKAGES = ['wordpress', 'php-cli', 'php-mysql', 'mariadb-server'];
export const CREDENTIALS = { username: 'ops', password: 'open sesame 7' };

const CODE = '/usr/share/wordpress';
const HERE = import.meta.dirname;
const run = promisify(execFile);

export interface WordPress extends Program {
  database: MariaDb;
}

/** A WordPress on a MariaDB of its own, served by PHP itself. */
export async function startWordPress(): Promise<WordPress> {
  const database = await startMariaDb();
  const stopDatabase = () => database.stop();
  await database.query('CREATE DATABASE wordpress');
  const program = await startProgram('wordpress', async ({ dataDir, port }) => {
    const own = await withOwnConfig(dataDir);
    const env = { WORDPRESS_URL: `http://127.0.0.1:${port}`, WORDPRESS_DB_SOCKET: database.socket };
    const { username, password } = CREDENTIALS;
    await run('php', [...own, path.join(HERE, 'install.php'), username, password], {
      env: { ...process.env, ...env },
    });
    return {
      command: 'php',
      args: [...own, '-S', `127.0.0.1:${port}`, '-t', CODE],
      env,
      readyPath: '/wp-login.php',
    };
  }).catch(async (error: unknown) => {
    await stopDatabase();
    throw error;
  });
  const stop = async () => {
    await program.stop();
    await stopDatabase();
  };
  return { ...program, database, stop };
}

/** Debian's copy with a configuration of our own. @returns PHP's options for it. */
async function withOwnConfig(dataDir: string): Promise<string[]> {
  const root = path.join(dataDir, 'www');
  await mkdir(root);
  const names = (await readdir(CODE)).filter((name) => name !== 'wp-config.php');
  for (const name of names) await symlink(path.join(CODE, name), path.join(root, name));
  await symlink(path.join(HERE, 'config.php'), path.join(root, 'wp-config.php'));
  const first = path.join(dataDir, 'first.php');
  await writeFile(first, `<?php define('ABSPATH', '${root}/');\n`);
  return ['-d', `auto_prepend_file=${first}`];
}
