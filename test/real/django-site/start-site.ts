import path from 'node:path';
import { startProgram } from '../program.ts';

/**
 * The Django site of a folder, by its `serve.py`, which gets the port, and in `SITE_DATA_DIR` a directory for its
 * database. Debian's Python, not another one on `PATH`: its modules belong to that.
 */
export const startSite = (name: string, folder: string, { readyPath }: { readyPath: string }) =>
  startProgram(name, ({ dataDir, port }) => ({
    command: '/usr/bin/python3',
    args: [path.join(folder, 'serve.py'), String(port)],
    env: {
      SITE_DATA_DIR: dataDir,
      PYTHONPATH: import.meta.dirname,
      PYTHONDONTWRITEBYTECODE: '1',
      PYTHONUNBUFFERED: '1',
    },
    readyPath,
  }));
