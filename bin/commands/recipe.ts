import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { draftRecipe } from '../../lib/registry/drafting/har.ts';
import { CommandFailed, EXIT } from '../api.ts';
import type { Terminal } from '../terminal.ts';

export const recipeCommand = ({ print, note }: Terminal) =>
  new Command('recipe')
    .description("Draft a platform's definition from a browser's recording of one login")
    .requiredOption('--har <file>', 'HAR file, saved from the network tab of the developer tools')
    .action(({ har }: { har: string }) => {
      let recording: unknown;
      try {
        recording = JSON.parse(readFileSync(har, 'utf8'));
      } catch (error) {
        const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
        throw new CommandFailed(`${har}: ${missing ? 'not found' : 'is not JSON'}.`, EXIT.INVALID);
      }
      const { definition, credentials, notes } = draftRecipe(recording);
      print({ definition, credentials, notes }, [JSON.stringify(definition, null, 2)]);
      note(`credentials it needs: ${credentials.join(', ')}`);
      notes.forEach(note);
    });
