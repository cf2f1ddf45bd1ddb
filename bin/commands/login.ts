import { Command } from 'commander';
import { CommandFailed, EXIT } from '../api.ts';
import type { Terminal } from '../terminal.ts';

interface Report {
  success: boolean;
  origin?: string;
  steps?: { step: string; durationMs: number; saw: Record<string, unknown>; error?: string }[];
  error?: { code: string; detail: string };
}

export const loginCommand = ({ api, print }: Terminal) =>
  new Command('login')
    .description('Log in to a platform now; with --dry-run, show each step of its recipe and store nothing')
    .argument('<code>', 'service code')
    .option('--dry-run', 'walk the recipe and print what each step saw')
    .action(async (code: string, { dryRun }: { dryRun?: boolean }) => {
      const path = `/v1/admin/services/${code}/session/login`;
      const report = (await api().send('POST', path, { dryRun: dryRun ?? false })) as Report;
      const verdict = report.success
        ? `${code}: logged in${dryRun ? ' (dry run: nothing was stored)' : ''}.`
        : `${code}: ${report.error?.code}: ${report.error?.detail}`;
      print(report, [...(report.steps ?? []).flatMap(describe), verdict]);
      if (!report.success) throw new CommandFailed(`The login of ${code} failed.`, EXIT.FAILED, report.error);
    });

function describe(
  { step, durationMs, saw, error }: NonNullable<Report['steps']>[number],
  index: number,
): string[] {
  return [
    `${index + 1}. ${step} (${durationMs} ms)${error ? ` - ${error}` : ''}`,
    ...Object.entries(saw).map(([name, value]) => {
      const shown = typeof value === 'string' ? value : JSON.stringify(value);
      return `     ${name.padEnd(14)} ${shown}`;
    }),
  ];
}
