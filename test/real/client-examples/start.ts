import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Gatehouse } from '../../gatehouse.ts';
import type { Program } from '../program.ts';
import { startProgram } from '../program.ts';

const CLIENTS = path.join(import.meta.dirname, '../../../clients');

const settings = (gatehouse: Gatehouse, dataDir: string): Record<string, string> => ({
  SITE_DATA_DIR: dataDir,
  GATEHOUSE_URL: gatehouse.url,
  GATEHOUSE_KEY: gatehouse.stack.adminKey,
});

const secretsOf = (dataDir: string) => path.join(dataDir, 'secrets.json');

/** The site reads them when it is started. */
export async function giveSecrets(site: Program, secrets: string[]): Promise<void> {
  writeFileSync(secretsOf(site.dataDir), JSON.stringify(secrets));
  await site.restart();
}

/** A Django site with the app of `clients/python/examples/django`; Debian's Python has the modules. */
export const startDjango = (gatehouse: Gatehouse): Promise<Program> =>
  startProgram('client-django', ({ dataDir, port }) => {
    writeFileSync(secretsOf(dataDir), '[]');
    return {
      command: '/usr/bin/python3',
      args: [path.join(import.meta.dirname, 'django-site/serve.py'), String(port)],
      env: {
        ...settings(gatehouse, dataDir),
        PYTHONPATH: [path.join(CLIENTS, 'python'), path.join(CLIENTS, 'python/examples/django')].join(':'),
        PYTHONDONTWRITEBYTECODE: '1',
      },
      readyPath: '/',
    };
  });

/** A Laravel site with the files of `clients/php/examples/laravel`. */
export const startLaravel = (gatehouse: Gatehouse): Promise<Program> =>
  startProgram('client-laravel', ({ dataDir, port }) => {
    writeFileSync(secretsOf(dataDir), '[]');
    const env = {
      ...settings(gatehouse, dataDir),
      APP_SERVICES_CACHE: path.join(dataDir, 'services.php'),
      APP_PACKAGES_CACHE: path.join(dataDir, 'packages.php'),
    };
    const serve = path.join(import.meta.dirname, 'laravel-site/serve.php');
    execFileSync('php', [serve, 'migrate'], { env: { ...process.env, ...env } });
    return { command: 'php', args: ['-S', `127.0.0.1:${port}`, serve], env, readyPath: '/' };
  });
