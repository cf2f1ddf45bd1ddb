import { Command } from 'commander';
import { writeImage } from '../image-file.ts';
import { examples } from '../options.ts';
import { limitOptions, pageLines } from '../page.ts';
import type { LimitOptions } from '../page.ts';
import type { Terminal } from '../terminal.ts';

export const loginsCommand = ({ api, print }: Terminal) =>
  new Command('logins')
    .description('Logins to a platform, kept for 14 days: what each came to, and which captcha it met')
    .addCommand(
      limitOptions(new Command('list').description('The newest first'), 'listLogins')
        .argument('<code>', 'service code')
        .addHelpText('after', examples('logins list CITY_CENTER_WORK_ORDER --limit 20'))
        .action(async (code: string, query: LimitOptions) => {
          const page = await api().request('listLogins', { params: { code }, query });
          const rows = page.items.map(({ captcha, ...login }) => ({
            ...login,
            captcha: captcha?.text,
            right: captcha?.right,
          }));
          const columns = [
            'at',
            'id',
            'account',
            'trigger',
            'attempt',
            'verdict',
            'captcha',
            'right',
            'durationMs',
            'error',
          ];
          print(page, rows.length > 0 ? pageLines({ ...page, items: rows }, columns) : ['There are none.']);
        }),
    )
    .addCommand(
      new Command('image')
        .description('Write the picture of the captcha that one met into a file')
        .argument('<code>', 'service code')
        .argument('<id>', 'from "logins list"')
        .argument('<file>', 'where to')
        .addHelpText(
          'after',
          examples('logins image CITY_CENTER_WORK_ORDER 019b76ddf1ebb20f437304a12ec72674 captcha.png'),
        )
        .action(async (code: string, id: string, file: string) => {
          const image = await api().download('getLoginImage', { code, id });
          const { bytes, contentType } = image;
          print({ id, file, contentType, bytes: bytes.length }, [writeImage(file, image)]);
        }),
    );
