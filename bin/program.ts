/** The command line: its commands, and what they are given. Nothing runs here. */
import { Command } from 'commander';
import { connectApi, findKey } from './api.ts';
import { alertsCommand } from './commands/alerts.ts';
import { applyCommand } from './commands/apply.ts';
import { auditCommand } from './commands/audit.ts';
import { breakerCommand } from './commands/breaker.ts';
import { callCommand } from './commands/call.ts';
import { callsCommand } from './commands/calls.ts';
import { captchasCommand } from './commands/captchas.ts';
import { completionCommand } from './commands/completion.ts';
import { credentialsCommand } from './commands/credentials.ts';
import { deliveriesCommand } from './commands/deliveries.ts';
import { doctorCommand } from './commands/doctor.ts';
import { exportCommand } from './commands/export.ts';
import { healthCommand } from './commands/health.ts';
import { keysCommand } from './commands/keys.ts';
import { ledgerCommand } from './commands/ledger.ts';
import { loginCommand } from './commands/login.ts';
import { loginsCommand } from './commands/logins.ts';
import { metricsCommand } from './commands/metrics.ts';
import { quotaCommand } from './commands/quota.ts';
import { recipeCommand } from './commands/recipe.ts';
import { redriveCommand } from './commands/redrive.ts';
import { replayCommand } from './commands/replay.ts';
import { servicesCommand } from './commands/services.ts';
import { sessionCommand } from './commands/session.ts';
import { transfersCommand } from './commands/transfers.ts';
import { subscriptionsCommand } from './commands/subscriptions.ts';
import { usersCommand } from './commands/users.ts';
import packageInfo from '../package.json' with { type: 'json' };
import type { Terminal } from './terminal.ts';
import { visible } from './visible.ts';

interface GlobalOptions {
  url: string;
  key?: string;
  json?: boolean;
}

/** Default URL: the stack that was started with the same environment. */
function localUrl(env: NodeJS.ProcessEnv): string {
  return env['GATEHOUSE_URL'] ?? `http://127.0.0.1:${env['PORT'] ?? 3_000}`;
}

/**
 * The program, which throws `CommanderError` where commander would end the process.
 * @param json whether what is wrong is printed as JSON, by the caller: commander stays silent about it
 */
export function createProgram({ json }: { json: boolean }): Command {
  const program: Command = new Command('gatehouse')
    .description('Manage a Gatehouse, local or deployed, over its HTTP API.')
    .option(
      '--url <url>',
      'address of the API (environment: GATEHOUSE_URL, or PORT on this machine)',
      localUrl(process.env),
    )
    .option('--key <key>', 'API key (better: the environment variable GATEHOUSE_KEY)')
    .option('--json', 'print JSON')
    .version(packageInfo.version, '--version', 'print the version of this program')
    .addHelpText(
      'after',
      '\nThe key of a stack on this machine is found in GATEHOUSE_DATA_DIR (.local).' +
        '\nExit codes: 0 done, 1 refused, failed, or a check found something, 2 usage, 3 invalid file,' +
        '\n4 no answer, 5 no key, or one without permission.',
    );
  const terminal = terminalOf(() => program.opts<GlobalOptions>());
  const commands = [
    applyCommand,
    servicesCommand,
    credentialsCommand,
    loginCommand,
    loginsCommand,
    sessionCommand,
    captchasCommand,
    callCommand,
    callsCommand,
    metricsCommand,
    quotaCommand,
    breakerCommand,
    healthCommand,
    recipeCommand,
    deliveriesCommand,
    ledgerCommand,
    transfersCommand,
    redriveCommand,
    replayCommand,
    keysCommand,
    usersCommand,
    subscriptionsCommand,
    alertsCommand,
    auditCommand,
    exportCommand,
    doctorCommand,
    completionCommand,
  ];
  for (const command of commands) program.addCommand(command(terminal));
  prepare(program, json);
  return program;
}

const terminalOf = (options: () => GlobalOptions): Terminal => ({
  api: () => connectApi(options().url, findKey(options().url, options().key, process.env)),
  print: (value, lines) => {
    const text = options().json ? JSON.stringify(value, null, 2) : lines.join('\n');
    if (text !== '') write(process.stdout, text);
  },
  note: (line) => write(process.stderr, `note: ${line}`),
});

/** Of every command, and those under it. */
function prepare(command: Command, json: boolean): void {
  command.exitOverride();
  if (json) command.configureOutput({ writeErr: () => {} });
  for (const sub of command.commands) prepare(sub, json);
}

/** All that this program prints, besides commander's own help. */
export function write(stream: NodeJS.WriteStream, text: string): void {
  stream.write(`${visible(text)}\n`);
}
