import { Command } from 'commander';
import { accountOption } from '../account-option.ts';
import type { AccountOption } from '../account-option.ts';
import { CommandFailed, EXIT } from '../api.ts';
import { explainedLines } from '../explained-lines.ts';
import type { Explained } from '../explained-lines.ts';
import { readJson } from '../json.ts';
import { examples } from '../options.ts';
import type { Terminal } from '../terminal.ts';

interface Options extends AccountOption {
  idempotencyKey?: string;
  params?: string;
  explain?: boolean;
}

export const callCommand = ({ api, print }: Terminal) =>
  new Command('call')
    .description('Call an operation of a service')
    .argument('<code>', 'service code')
    .argument('<operation>', 'operation name')
    .argument('[params...]', 'name=value pairs, or one JSON object')
    .option(
      '--idempotency-key <key>',
      'when sent again with the same key, the call runs once and its first answer is repeated',
    )
    .addOption(accountOption())
    .option('--params <json>', 'the params as one JSON object')
    .option('--explain', 'show the requests that it would send, secrets by their names, and send none')
    .addHelpText(
      'after',
      examples(
        'call CITY_CENTER_WORK_ORDER getUserInfo userId=10002',
        `call MY_SPA saveOrder --params '{"id": 7, "title": "pump"}' --explain`,
      ),
    )
    .action(async (code: string, operation: string, words: string[], options: Options) => {
      const { idempotencyKey, account, explain = false } = options;
      if (options.params !== undefined && words.length > 0) {
        throw new CommandFailed('Give the params once: with --params, or as name=value pairs.', EXIT.USAGE);
      }
      const given = paramsOf(options.params === undefined ? words : [options.params]);
      const headers: Record<string, string> = {
        ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
        ...(account === undefined ? {} : { 'x-gatehouse-account': account }),
      };
      if (explain) {
        const body = { operation, params: given, explain };
        const explained = (await api().request(
          'testOperation',
          { params: { code }, body },
          { headers },
        )) as Explained;
        print(explained, explainedLines(explained));
        return;
      }
      const answer = await api().request(
        'callOperation',
        { params: { code, operation }, body: { params: given } },
        { headers },
      );
      const { attempts, cached, stale, durationMs, account: taken } = answer.meta;
      const sent = attempts === 1 ? '1 request' : `${attempts} requests`;
      const how = stale ? 'stale, from the cache' : cached ? 'from the cache' : sent;
      print(answer, [
        JSON.stringify(answer.data, null, 2),
        `-- ${durationMs} ms, ${how}${taken === undefined ? '' : `, account ${taken}`}`,
      ]);
    });

function paramsOf(words: string[]): Record<string, unknown> {
  const [only] = words;
  if (words.length === 1 && only!.trimStart().startsWith('{')) {
    try {
      return readJson(only!) as Record<string, unknown>;
    } catch (error) {
      throw new CommandFailed(`The params are not JSON: ${(error as Error).message}`, EXIT.USAGE);
    }
  }
  return Object.fromEntries(
    words.map((word) => {
      const at = word.indexOf('=');
      if (at < 1) throw new CommandFailed(`"${word}" is not a name=value pair.`, EXIT.USAGE);
      return [word.slice(0, at), word.slice(at + 1)];
    }),
  );
}
