import { Command, CommanderError } from 'commander';
import { CommandFailed, connectApi, EXIT, findKey } from './api.ts';
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

/** Runs the command line. Answers the exit code (`EXIT`); prints problems to stderr. */
export async function main(argv: string[]): Promise<number> {
  const program = new Command('gatehouse')
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
    )
    .exitOverride();
  const options = () => program.opts<GlobalOptions>();
  const terminal: Terminal = {
    api: () => connectApi(options().url, findKey(options().url, options().key, process.env)),
    print: (value, lines) => {
      const text = options().json ? JSON.stringify(value, null, 2) : lines.join('\n');
      if (text !== '') write(process.stdout, text);
    },
    note: (line) => write(process.stderr, `note: ${line}`),
  };
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
  overrideExits(program);

  try {
    await program.parseAsync(argv);
    return EXIT.OK;
  } catch (error) {
    if (error instanceof CommanderError) {
      const fault = helpFault(error, program);
      if (fault !== undefined) write(process.stderr, `\nerror: ${fault}`);
      return error.exitCode === 0 && fault === undefined ? EXIT.OK : EXIT.USAGE;
    }
    if (!(error instanceof CommandFailed)) throw error;
    const { message, details, exitCode } = error;
    write(process.stderr, options().json ? JSON.stringify(details ?? { detail: message }) : message);
    return exitCode;
  }
}

/** Of every command under it. */
function overrideExits(command: Command): void {
  for (const sub of command.commands) overrideExits(sub.exitOverride());
}

/** All that this program prints, besides commander's own help. */
function write(stream: NodeJS.WriteStream, text: string): void {
  stream.write(`${visible(text)}\n`);
}

/** Why help is shown without being requested, or for an unknown command: commander does not say. */
function helpFault({ code, exitCode }: CommanderError, program: Command): string | undefined {
  if (!code.startsWith('commander.help')) return undefined;
  const unknown = unknownCommand(program);
  if (unknown !== undefined) return `unknown command '${unknown}'`;
  return exitCode === 0 ? undefined : 'a command is required';
}

function unknownCommand(command: Command): string | undefined {
  const [first, second] = command.args.filter((word) => !word.startsWith('-'));
  const name = first === 'help' ? second : first;
  const sub = command.commands.find((one) => one.name() === name);
  if (sub) return unknownCommand(sub);
  return command.commands.length > 0 ? name : undefined;
}
