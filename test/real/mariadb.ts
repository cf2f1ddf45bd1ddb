/** A MariaDB of its own for programs that need one. */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { startProgram } from './program.ts';
import type { Program } from './program.ts';

const run = promisify(execFile);

export interface MariaDb extends Program {
  socket: string;
  /** Runs statements as the owner; what they print, a row a line. */
  query(statements: string): Promise<string>;
}

/** On a socket in its data directory, and on a free port of 127.0.0.1; `root` needs no password. */
export async function startMariaDb(): Promise<MariaDb> {
  const program = await startProgram('mariadb', async ({ dataDir, port }) => {
    const data = `--datadir=${path.join(dataDir, 'data')}`;
    await run('mariadb-install-db', [
      '--no-defaults',
      data,
      '--user=root',
      '--auth-root-authentication-method=normal',
      '--skip-test-db',
    ]);
    return {
      command: 'mariadbd',
      args: [
        '--no-defaults',
        data,
        '--user=root',
        '--bind-address=127.0.0.1',
        `--port=${port}`,
        `--socket=${socketIn(dataDir)}`,
      ],
    };
  });
  const socket = socketIn(program.dataDir);
  return {
    ...program,
    socket,
    query: async (statements) => {
      const flags = [`--socket=${socket}`, '--user=root', '--batch', '--skip-column-names'];
      return (await run('mariadb', ['--no-defaults', ...flags, `--execute=${statements}`])).stdout;
    },
  };
}

const socketIn = (dataDir: string) => path.join(dataDir, 'mariadb.sock');
