import { Command, Option } from 'commander';
import { readCookieList } from '../lib/platforms/browser-files/cookie-list.ts';
import { readCookiesTxt } from '../lib/platforms/browser-files/cookies-txt.ts';
import { cookiesOfHost } from '../lib/platforms/browser-files/found.ts';
import type { Found } from '../lib/platforms/browser-files/found.ts';
import { sessionOfHar } from '../lib/platforms/browser-files/har-session.ts';
import { isGatewayError } from '../lib/runtime/errors.ts';
import { omitUndefined } from '../lib/runtime/omit-undefined.ts';
import { accountOption, accountQuery, named } from './account-option.ts';
import type { AccountOption } from './account-option.ts';
import { CommandFailed, EXIT } from './api.ts';
import { examples, several, timeToCome } from './options.ts';
import { parseJsonFile, readTextFile } from './read-file.ts';
import type { Terminal } from './terminal.ts';
import { visibleLine } from './visible.ts';

interface Options extends AccountOption {
  har?: string;
  cookies?: string;
  header?: string;
  withHeaders: string[];
  value: string[];
  expires?: string;
}

/** What a source holds for a host. */
type Source = (host: string, now: number) => Omit<Found, 'cookies'> & { cookies: Found['cookies'] | string };

export const sessionImportCommand = ({ api, print, note }: Terminal) =>
  new Command('import')
    .description('Take over a session that you have opened in a browser; values are never shown')
    .argument('<code>', 'service code')
    .option('--har <file>', 'recording of the browser, saved with its cookies; "-" reads standard input')
    .option('--cookies <file>', "cookies.txt, or the JSON that a browser's extension exports")
    .option('--header <cookies>', 'the Cookie header: "a=b; c=d"; "-" reads standard input')
    .option(
      '--with-headers <name>',
      'take this request header of the recording too (repeatable)',
      several,
      [],
    )
    .option('--value <name=value>', 'what the session holds beside cookies (repeatable)', several, [])
    .addOption(accountOption())
    .addOption(
      new Option('--expires <when>', 'when it ends: 2027-01-31T00:00:00Z, or 90d, 12h from now').argParser(
        timeToCome,
      ),
    )
    .addHelpText(
      'after',
      examples(
        'session import MY_PLATFORM --har session.har --with-headers authorization',
        'session import MY_PLATFORM --header - --expires 12h < cookies.txt',
      ),
    )
    .action(async (code: string, options: Options) => {
      const { source, file } = await sourceOf(options);
      const values = valuesOf(options.value);
      const { auth, baseUrl } = await api().request('getService', { params: { code } });
      if (auth.type !== 'SESSION') {
        throw new CommandFailed(`${code} has no session: its auth type is ${auth.type}.`, EXIT.FAILED);
      }
      const host = new URL(baseUrl).hostname;
      const { cookies, headers, leftOut } = source(host, Date.now());
      if (cookies.length + Object.keys({ ...headers, ...values }).length === 0) {
        leftOut.forEach((line) => note(`left out: ${visibleLine(line)}`));
        throw new CommandFailed(`${file}: holds no cookies for ${host}.`, EXIT.INVALID);
      }
      const given = cookies.length > 0 ? { cookies } : {};
      const session = await api().request('importSession', {
        params: { code },
        ...accountQuery(options.account),
        body: { ...given, headers, values, ...omitUndefined({ expiresAt: options.expires }) },
      });
      const main = session.main!;
      const taken = { cookies: main.cookies, headers: Object.keys(headers), values: Object.keys(values) };
      print({ code, taken, leftOut, session }, [
        `${named(code, options.account)}: the session is taken over, until ${main.expiresAt}.`,
        ...Object.entries(taken).flatMap(([what, names]) =>
          names.length === 0 ? [] : [`${what.padEnd(14)}${visibleLine(names.join(', '))}`],
        ),
      ]);
      leftOut.forEach((line) => note(`left out: ${visibleLine(line)}`));
    });

/** Reads and parses what is given, before anything is asked of the API. */
async function sourceOf({
  har,
  cookies,
  header,
  withHeaders,
  value,
}: Options): Promise<{ source: Source; file: string }> {
  const given = [har, cookies, header].filter((one) => one !== undefined);
  if (given.length > 1) throw new CommandFailed('Give one of --har, --cookies and --header.', EXIT.USAGE);
  if (given.length === 0 && value.length === 0) {
    throw new CommandFailed('Give --har, --cookies or --header.', EXIT.USAGE);
  }
  if (withHeaders.length > 0 && har === undefined) {
    throw new CommandFailed('--with-headers takes headers of a --har.', EXIT.USAGE);
  }
  const nothing = { headers: {}, leftOut: [] };
  if (har !== undefined) {
    const document = parseJsonFile(har, await readTextFile(har));
    const source: Source = (host, now) =>
      readable(har, () => sessionOfHar(document, { host, wanted: withHeaders, now }));
    return { source, file: har };
  }
  if (cookies !== undefined) {
    const text = await readTextFile(cookies);
    const found = readable(cookies, () =>
      /^\s*[[{]/.test(text) ? readCookieList(parseJsonFile(cookies, text)) : readCookiesTxt(text),
    );
    return { source: (host, now) => cookiesOfHost(found, host, now), file: cookies };
  }
  const line = (header === '-' ? await readTextFile('-') : (header ?? '')).trim().replace(/^cookie:\s*/i, '');
  return { source: () => ({ ...nothing, cookies: line }), file: '--header' };
}

/** @throws CommandFailed `INVALID` for a file that is not what it should be. */
function readable<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!isGatewayError(error, 'VALIDATION_FAILED')) throw error;
    throw new CommandFailed(`${file}: ${error.message}`, EXIT.INVALID);
  }
}

function valuesOf(given: string[]): Record<string, string> {
  return Object.fromEntries(
    given.map((one, at) => {
      const equals = one.indexOf('=');
      // What is not a pair may be a secret by itself.
      if (equals < 1) throw new CommandFailed(`--value ${at + 1} is not name=value.`, EXIT.USAGE);
      return [one.slice(0, equals), one.slice(equals + 1)];
    }),
  );
}
