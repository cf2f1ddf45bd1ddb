import { Command } from 'commander';
import { writeImage } from '../image-file.ts';
import { examples } from '../options.ts';
import type { Terminal } from '../terminal.ts';
import { table } from '../table.ts';

export const captchasCommand = ({ api, print }: Terminal) =>
  new Command('captchas')
    .description('Captchas and questions that a login waits for a person to answer')
    .addCommand(
      new Command('list').description('Those that wait now, each for a minute or two').action(async () => {
        const { items } = await api().request('listCaptchas');
        const columns = ['id', 'service', 'account', 'kind', 'prompt', 'expiresAt'] as const;
        print({ items }, items.length > 0 ? table(items, [...columns]) : ['Nothing waits.']);
      }),
    )
    .addCommand(
      new Command('image')
        .description('Write the picture of one into a file')
        .argument('<id>', 'from "captchas list"')
        .argument('<file>', 'where to')
        .addHelpText('after', examples('captchas image 019aa4f2b1c05d3c1f0e9a7b8c6d captcha.png'))
        .action(async (id: string, file: string) => {
          const image = await api().download('getCaptchaImage', { id });
          const { bytes, contentType } = image;
          print({ id, file, contentType, bytes: bytes.length }, [writeImage(file, image)]);
        }),
    )
    .addCommand(
      new Command('answer')
        .description('Say what it shows, or answer the question: the login goes on')
        .argument('<id>', 'from "captchas list"')
        .argument('<text>', 'what it shows')
        .addHelpText('after', examples('captchas answer 019aa4f2b1c05d3c1f0e9a7b8c6d 7k2m'))
        .action(async (id: string, text: string) => {
          await api().request('answerCaptcha', { params: { id }, body: { text } });
          print({ id, answered: true }, ['The login goes on with it.']);
        }),
    );
