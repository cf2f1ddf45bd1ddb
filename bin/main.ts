import { CommanderError } from 'commander';
import type { Command } from 'commander';
import { CommandFailed, EXIT } from './api.ts';
import { createProgram, write } from './program.ts';

/** Runs the command line. Answers the exit code (`EXIT`); prints problems to stderr, with `--json` as JSON. */
export async function main(argv: string[]): Promise<number> {
  // Of arguments that cannot be read, too.
  const json = argv.includes('--json');
  const program = createProgram({ json });
  try {
    await program.parseAsync(argv);
    return EXIT.OK;
  } catch (error) {
    if (error instanceof CommanderError) return usage(error, program, json);
    if (!(error instanceof CommandFailed)) throw error;
    const { message, details, exitCode } = error;
    write(process.stderr, json ? JSON.stringify({ detail: message, ...(details as object) }) : message);
    return exitCode;
  }
}

/** Commander has printed what is wrong, unless it is to be JSON. */
function usage(error: CommanderError, program: Command, json: boolean): number {
  const fault = helpFault(error, program);
  if (error.exitCode === 0 && fault === undefined) return EXIT.OK;
  const detail = fault ?? error.message.replace(/^error: /, '');
  if (json) write(process.stderr, JSON.stringify({ detail }));
  else if (fault !== undefined) write(process.stderr, `\nerror: ${fault}`);
  return EXIT.USAGE;
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
