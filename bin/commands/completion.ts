import { Argument, Command } from 'commander';
import type { Option } from 'commander';
import { examples } from '../options.ts';
import type { Terminal } from '../terminal.ts';

const SHELLS = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof SHELLS)[number];

/** How each shell reads it once and for all. */
const INSTALL = {
  bash: 'completion bash > /etc/bash_completion.d/gatehouse',
  zsh: 'completion zsh > "${fpath[1]}/_gatehouse"',
  fish: 'completion fish > ~/.config/fish/completions/gatehouse.fish',
} satisfies Record<Shell, string>;

/** Completion of commands and options, read from the program itself: it names what there is. */
export const completionCommand = ({ print }: Terminal) => {
  const command = new Command('completion')
    .description('Print a script that lets a shell complete commands and options')
    .addArgument(new Argument('<shell>', 'which shell').choices(SHELLS))
    .addHelpText('after', examples(...Object.values(INSTALL)));
  return command.action((shell: Shell) => {
    const words = wordsOf(command.parent!);
    const script = shell === 'fish' ? fish(words) : bash(words, shell);
    print({ shell, script: script.join('\n') }, script);
  });
};

/** After `transfers`: `show`, `dead`, `--help` ..., after `--role`: its choices. The program itself is ''. */
type Words = Map<string, { words: string[]; descriptions: string[]; choices: Choices }>;
/** Of an option by its name, what it takes. */
type Choices = Map<string, readonly string[]>;

function wordsOf(program: Command, path: string[] = [], found: Words = new Map()): Words {
  const options = program.options.filter(({ hidden }) => !hidden);
  found.set(path.join(' '), {
    words: [
      ...program.commands.map((one) => one.name()),
      ...options.map(({ long, short }) => long ?? short!),
      '--help',
    ],
    descriptions: [
      ...program.commands.map((one) => one.description()),
      ...options.map((one) => one.description),
      'help',
    ],
    choices: choicesOf(options),
  });
  for (const sub of program.commands) wordsOf(sub, [...path, sub.name()], found);
  return found;
}

function choicesOf(options: readonly Option[]): Choices {
  const choices: Choices = new Map();
  for (const { long, short, argChoices } of options) {
    for (const name of [long, short]) if (name && argChoices) choices.set(name, argChoices);
  }
  return choices;
}

/** Zsh understands it through bashcompinit. */
function bash(words: Words, shell: 'bash' | 'zsh'): string[] {
  const commands = [...words.keys()].filter((path) => path !== '');
  const cases = [...words].map(([path, own]) => `    "${path}") words="${own.words.join(' ')}" ;;`);
  const choices = [...words].flatMap(([path, own]) =>
    [...own.choices].map(([option, values]) => `    "${path} ${option}") words="${values.join(' ')}" ;;`),
  );
  return [
    ...(shell === 'zsh' ? ['#compdef gatehouse', 'autoload -U +X bashcompinit && bashcompinit', ''] : []),
    '_gatehouse() {',
    '  local path="" word words=""',
    '  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do',
    '    case "${path:+$path }$word" in',
    `      ${commands.map((path) => `"${path}"`).join('|')}) path="\${path:+$path }$word" ;;`,
    '    esac',
    '  done',
    '  case "$path" in',
    ...cases,
    '  esac',
    '  case "$path ${COMP_WORDS[COMP_CWORD-1]}" in',
    ...choices,
    '  esac',
    '  COMPREPLY=($(compgen -W "$words" -- "${COMP_WORDS[COMP_CWORD]}"))',
    '}',
    'complete -F _gatehouse gatehouse',
  ];
}

function fish(words: Words): string[] {
  const quoted = (text: string) => `'${text.replaceAll("'", String.raw`\'`)}'`;
  const lines = ['complete -c gatehouse -f'];
  for (const [path, own] of words) {
    const names = path === '' ? [] : path.split(' ');
    const seen = names.map((name) => `__fish_seen_subcommand_from ${name}`).join('; and ');
    const condition = names.length === 0 ? '__fish_use_subcommand' : seen;
    for (const [index, word] of own.words.entries()) {
      const values = own.choices.get(word);
      const taken = values ? ` -x -a ${quoted(values.join(' '))}` : '';
      const what = word.startsWith('--') ? `-l ${word.slice(2)}${taken}` : `-a ${word}`;
      lines.push(
        `complete -c gatehouse -n ${quoted(condition)} ${what} -d ${quoted(own.descriptions[index]!)}`,
      );
    }
  }
  return lines;
}
