import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { Option } from 'commander';
import { CommandFailed, EXIT } from './api.ts';
import { readTextFile } from './read-file.ts';

export interface PasswordOption {
  passwordStdin?: boolean;
}

export const passwordOption = () =>
  new Option('--password-stdin', 'read the password from standard input, without asking');

/**
 * A new password: from standard input, or asked for twice on the terminal, which does not show it. Never an argument: those
 * stand in the list of processes and in the shell's history. @throws CommandFailed
 */
export async function newPassword(username: string, { passwordStdin }: PasswordOption): Promise<string> {
  if (passwordStdin) return (await readTextFile('-')).replace(/\r?\n$/, '');
  if (!process.stdin.isTTY) {
    throw new CommandFailed('There is no terminal to ask for the password: --password-stdin.', EXIT.USAGE);
  }
  const [password, again] = await ask([`Password for ${username}: `, 'The same again: ']);
  if (password !== again) {
    throw new CommandFailed('These are two different passwords; nothing was sent.', EXIT.INVALID);
  }
  return password!;
}

/**
 * Answers in the order of the prompts, which stand on standard error. The line editor takes the terminal's echo over, into
 * nothing: before the first prompt, and until after the last answer.
 */
function ask(prompts: string[]): Promise<string[]> {
  const nothing = new Writable({ write: (_chunk, _encoding, done) => done() });
  const editor = createInterface({ input: process.stdin, output: nothing, terminal: true });
  const answers: string[] = [];
  const prompt = () => process.stderr.write(prompts[answers.length]!);
  return new Promise((resolve, reject) => {
    // By Ctrl-C and Ctrl-D, too.
    editor.once('close', () => {
      if (answers.length === prompts.length) resolve(answers);
      else reject(new CommandFailed('\nNo password was given; nothing was sent.', EXIT.INVALID));
    });
    editor.on('line', (answer) => {
      answers.push(answer);
      process.stderr.write('\n');
      if (answers.length === prompts.length) editor.close();
      else prompt();
    });
    prompt();
  });
}
