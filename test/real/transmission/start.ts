import { freePort } from '../../../dev/stores/free-port.ts';
import { startProgram } from '../program.ts';
import type { Program } from '../program.ts';

export const PACKAGES = ['transmission-daemon'];
export const CREDENTIALS = { username: 'ops', password: 'open sesame 7' };

/** A Transmission that talks to nobody but us. */
export const startTransmission = (): Promise<Program> =>
  startProgram('transmission', async ({ dataDir, port }) => ({
    command: 'transmission-daemon',
    args: [
      '--foreground',
      `--config-dir=${dataDir}`,
      `--download-dir=${dataDir}`,
      '--rpc-bind-address=127.0.0.1',
      `--port=${port}`,
      '--auth',
      `--username=${CREDENTIALS.username}`,
      `--password=${CREDENTIALS.password}`,
      '--bind-address-ipv4=127.0.0.1',
      `--peerport=${await freePort()}`,
      '--no-dht',
      '--no-lpd',
      '--no-utp',
      '--no-portmap',
      '--paused',
    ],
    readyPath: '/transmission/rpc',
  }));
