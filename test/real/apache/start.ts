import { createHash } from 'node:crypto';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { startProgram } from '../program.ts';
import type { Program } from '../program.ts';

export const PACKAGES = ['apache2-bin'];
export const CREDENTIALS = { username: 'Zoë', password: 'open sesame: 7' };

const REALM = 'orders of today';
const MODULES = ['mpm_event', 'authn_core', 'authn_file', 'authz_core', 'authz_user', 'auth_digest', 'alias'];

/** How long a nonce lives. */
export const NONCE_MS = 2_000;

/** The access log: status and address, a request a line. */
export const accessLog = (dataDir: string) => path.join(dataDir, 'access.log');

/** Apache with one JSON file behind digest authentication. */
export const startApache = (): Promise<Program> =>
  startProgram('apache', async ({ dataDir, port }) => {
    const www = path.join(dataDir, 'www');
    const users = path.join(dataDir, 'users');
    const configuration = path.join(dataDir, 'apache.conf');
    const { username, password } = CREDENTIALS;
    await mkdir(www);
    await writeFile(path.join(www, 'orders.json'), '{"orders":[9007199254740993]}');
    await writeFile(users, `${username}:${REALM}:${md5(`${username}:${REALM}:${password}`)}\n`);
    await writeFile(
      configuration,
      `ServerName 127.0.0.1
Listen 127.0.0.1:${port}
PidFile ${path.join(dataDir, 'pid')}
DefaultRuntimeDir ${dataDir}
ErrorLog /dev/stderr
User www-data
Group www-data
${MODULES.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`).join('\n')}
CustomLog ${accessLog(dataDir)} "%s %U"
DocumentRoot ${www}
<Directory ${www}>
  ForceType application/json
  AuthType Digest
  AuthName "${REALM}"
  AuthDigestProvider file
  AuthUserFile ${users}
  AuthDigestNonceLifetime ${NONCE_MS / 1_000}
  Require valid-user
</Directory>
`,
    );
    // It serves as another user than the one who starts it.
    await chmod(dataDir, 0o755);
    return { command: 'apache2', args: ['-d', dataDir, '-f', configuration, '-X'] };
  });

const md5 = (text: string) => createHash('md5').update(text).digest('hex');
