import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { startMariaDb } from '../mariadb.ts';
import type { MariaDb } from '../mariadb.ts';
import { startProgram } from '../program.ts';
import type { Program } from '../program.ts';

export const PACKAGES = ['phpmyadmin', 'php-cli', 'php-mysql', 'mariadb-server'];
export const CREDENTIALS = { username: 'ops', password: 'open sesame 7' };

const CODE = '/usr/share/phpmyadmin';
const CONFIG = path.join(import.meta.dirname, 'config.inc.php');
const SEEN = path.join(import.meta.dirname, '../php-seen.php');
const run = promisify(execFile);

export interface PhpMyAdmin extends Program {
  database: MariaDb;
  /** Where PHP keeps its sessions. */
  sessions: string;
}

/** A phpMyAdmin in front of a MariaDB of its own, with a database `shop`, served by PHP itself. */
export async function startPhpMyAdmin(): Promise<PhpMyAdmin> {
  const database = await startMariaDb();
  const { username, password } = CREDENTIALS;
  await database.query(
    `CREATE DATABASE shop; CREATE TABLE shop.orders (id INT PRIMARY KEY, customer VARCHAR(80)) CHARSET utf8mb4;
     CREATE USER ${username} IDENTIFIED BY '${password}'; GRANT ALL ON shop.* TO ${username};`,
  );
  const program = await startProgram('phpmyadmin', async ({ dataDir, port }) => {
    const root = await copied(dataDir);
    return {
      command: 'php',
      args: [
        `-dauto_prepend_file=${SEEN}`,
        `-dsession.save_path=${sessionsIn(dataDir)}`,
        '-S',
        `127.0.0.1:${port}`,
        '-t',
        root,
      ],
      env: { PMA_SOCKET: database.socket },
      readyPath: '/index.php',
    };
  }).catch(async (error: unknown) => {
    await database.stop();
    throw error;
  });
  const stop = async () => {
    await program.stop();
    await database.stop();
  };
  return { ...program, database, sessions: sessionsIn(program.dataDir), stop };
}

const sessionsIn = (dataDir: string) => path.join(dataDir, 'sessions');

/** Debian's copy says in its own code where its configuration and its cache are. */
async function copied(dataDir: string): Promise<string> {
  const root = path.join(dataDir, 'www');
  const cache = path.join(dataDir, 'cache');
  await Promise.all([mkdir(cache), mkdir(sessionsIn(dataDir)), run('cp', ['-rL', CODE, root])]);
  const places = path.join(root, 'libraries/vendor_config.php');
  const text = (await readFile(places, 'utf8'))
    .replace(/'configFile' => .*/, `'configFile' => '${CONFIG}',`)
    .replace(/'tempDir' => .*/, `'tempDir' => '${cache}/',`);
  await writeFile(places, text);
  return root;
}
