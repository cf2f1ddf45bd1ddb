import { Command } from 'commander';
import { accountOption, accountQuery, named } from '../account-option.ts';
import type { AccountOption } from '../account-option.ts';
import { CommandFailed, EXIT } from '../api.ts';
import { examples } from '../options.ts';
import type { Answer } from '../route-types.ts';
import type { Terminal } from '../terminal.ts';
import { visibleLine } from '../visible.ts';

type Report = Answer<'loginSession'>;
type Step = Extract<Report, { steps: unknown }>['steps'][number];

export const loginCommand = ({ api, print }: Terminal) =>
  new Command('login')
    .description('Log in to a platform now; with --dry-run, show each step of its recipe and store nothing')
    .argument('<code>', 'service code')
    .option('--dry-run', 'run the recipe and print what each step saw')
    .addOption(accountOption())
    .addHelpText('after', examples('login MY_PLATFORM --dry-run', 'login MY_PLATFORM --account north'))
    .action(async (code: string, { dryRun = false, account }: { dryRun?: boolean } & AccountOption) => {
      const report = await api().request('loginSession', {
        params: { code },
        ...accountQuery(account),
        body: { dryRun },
      });
      const subject = named(code, account);
      const steps = 'steps' in report ? report.steps : [];
      const error = report.success ? undefined : report.error;
      const lines = steps.flatMap((step, index) => describe(step, index, error?.detail));
      const notes = dryRun
        ? [
            ...(steps.some(isFailedRefresh)
              ? ['The refresh failed: each renewal will be a whole login. Check auth.login.refresh.']
              : []),
            `dry run: nothing was stored${paid(steps) ? '; a captcha was paid for' : ''}`,
          ]
        : [];
      print(report, [...lines, ...(report.success ? [`${subject}: logged in.`] : []), ...notes]);
      if (error) throw new CommandFailed(`${subject}: ${error.code}: ${error.detail}`, EXIT.FAILED, error);
    });

/** The login itself got in: sessions are renewed by logging in again. */
const isFailedRefresh = ({ step, saw, error }: Step) =>
  step === 'refresh' && (error !== undefined || saw['verdict'] !== undefined);

/** A solver was paid; captchas read by a person cost nothing. */
const paid = (steps: Step[]) =>
  steps.some(
    ({ step, saw }) => step === 'solve' && saw['solver'] !== undefined && saw['solver'] !== 'MANUAL',
  );

/** @param detail shown in the last line: not repeated at the failed step */
function describe({ step, durationMs, saw, error }: Step, index: number, detail?: string): string[] {
  const fault = error === undefined ? '' : error === detail ? ' - failed' : ` - ${visibleLine(error)}`;
  return [
    `${index + 1}. ${step} (${durationMs} ms)${fault}`,
    ...Object.entries(saw).flatMap(([name, value]) => rows(LABELS[name] ?? name, shown(value))),
  ];
}

/** Names of JSON as words. */
const LABELS: Record<string, string> = { notFound: 'not found' };

const rows = (name: string, values: string[]) =>
  values.map((value, at) => `     ${(at === 0 ? name : '').padEnd(14)} ${visibleLine(value)}`);

/** Lines: a name and what it is for what was extracted, one line for all else. */
function shown(value: unknown): string[] {
  if (value === '') return ['(empty)'];
  if (typeof value === 'string') return [value];
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) {
    return [value.length > 0 ? value.join(', ') : 'none'];
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [JSON.stringify(value)];
  const named = Object.entries(value).map(([name, what]) => `${name} (${String(what)})`);
  return named.length > 0 ? named : ['nothing'];
}
