import { Command } from 'commander';
import { draftRecipe } from '../../lib/registry/drafting/har.ts';
import type { DraftedRecipe } from '../../lib/registry/drafting/har.ts';
import { isGatewayError } from '../../lib/runtime/errors.ts';
import { CommandFailed, EXIT } from '../api.ts';
import { examples } from '../options.ts';
import { parseJsonFile, readTextFile } from '../read-file.ts';
import type { Terminal } from '../terminal.ts';

export const recipeCommand = ({ print, note }: Terminal) =>
  new Command('recipe')
    .description(
      "Draft a platform's definition from a browser's recording of a login and of what came after it",
    )
    .requiredOption('--har <file>', 'HAR file, saved from the network tab of the developer tools')
    .addHelpText('after', examples('recipe --har login.har > draft.json'))
    .action(async ({ har }: { har: string }) => {
      const recording = parseJsonFile(har, await readTextFile(har));
      const { definition, credentials, notes } = draft(har, recording);
      print({ definition, credentials, notes }, [JSON.stringify(definition, null, 2)]);
      note(`credentials it needs: ${credentials.join(', ')}`);
      const operations = Object.keys(definition.operations ?? {});
      note(`operations it found: ${operations.length > 0 ? operations.join(', ') : 'none'}`);
      notes.forEach(note);
      note(
        `next: save it as FILE, then gatehouse apply FILE, gatehouse credentials set ${definition.code}, and gatehouse login ${definition.code} --dry-run.`,
      );
    });

function draft(file: string, recording: unknown): DraftedRecipe {
  try {
    return draftRecipe(recording);
  } catch (error) {
    if (!isGatewayError(error, 'VALIDATION_FAILED')) throw error;
    throw new CommandFailed(`${file}: ${error.message}`, EXIT.INVALID);
  }
}
