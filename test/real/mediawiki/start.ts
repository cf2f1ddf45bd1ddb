import { execFile } from 'node:child_process';
import { appendFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { startProgram } from '../program.ts';
import type { Program } from '../program.ts';

export const PACKAGES = ['mediawiki', 'php-cli', 'php-sqlite3', 'php-mbstring', 'php-xml', 'php-intl'];
export const CREDENTIALS = { username: 'Ops', password: 'open sesame 7' };

const CODE = '/usr/share/mediawiki';
const run = promisify(execFile);

/** A wiki on SQLite, served by PHP itself. */
export const startWiki = (): Promise<Program> =>
  startProgram('mediawiki', async ({ dataDir, port }) => {
    await install(dataDir, `http://127.0.0.1:${port}`);
    const settings = path.join(dataDir, 'LocalSettings.php');
    const attempts = path.join(dataDir, 'logins.log');
    // Jobs are not for the requests that we time out on; each try to log in is a line.
    await appendFile(settings, `\n$wgJobRunRate = 0;\n$wgDebugLogGroups['authevents'] = '${attempts}';\n`);
    return {
      command: 'php',
      args: ['-S', `127.0.0.1:${port}`, '-t', CODE],
      env: { MW_CONFIG_FILE: settings },
      readyPath: '/api.php?action=query&meta=siteinfo&format=json',
    };
  });

function install(dataDir: string, server: string): Promise<unknown> {
  const { username, password } = CREDENTIALS;
  const script = path.join(CODE, 'maintenance/install.php');
  const options = {
    dbtype: 'sqlite',
    dbpath: dataDir,
    confpath: dataDir,
    server,
    scriptpath: '',
    lang: 'en',
    skins: '',
    pass: password,
  };
  const flags = Object.entries(options).map(([name, value]) => `--${name}=${value}`);
  return run('php', [script, ...flags, 'Wiki', username]);
}
