/** Feishu's (Lark's) custom bot: a card of plain text, signed in the body where the bot has a secret. */
import { createHmac } from 'node:crypto';
import { plainLines } from './alert-notice.ts';
import type { AlertNotice } from './alert-notice.ts';
import { byCode } from './code-answer.ts';
import { httpAddress, jsonPosting } from './format.ts';
import type { Format } from './format.ts';

/** 11232, 99991400: more than 100 messages in a minute, or 5 in a second. */
const BUSY_CODES = [11_232, 99_991_400];
const SECOND = 1_000;

export const feishu: Format = {
  ...httpAddress('path'),
  everyMs: 700,
  compose(notice, { url, secret }, { now }) {
    const timestamp = Math.floor(now / SECOND);
    return jsonPosting(url, {
      ...(secret === undefined ? {} : { timestamp: String(timestamp), sign: feishuSign(timestamp, secret) }),
      msg_type: 'interactive',
      card: {
        header: { title: plain(notice.title), template: colour(notice) },
        // Plain text has no marks: nothing in it mentions anybody.
        elements: [{ tag: 'div', text: plain(plainLines(notice)) }],
      },
    });
  },
  judge: byCode('code', BUSY_CODES),
};

const plain = (content: string) => ({ tag: 'plain_text', content });

function colour({ tone, severity }: AlertNotice): string {
  if (tone === 'resolved') return 'green';
  return tone === 'test' ? 'blue' : { info: 'blue', warning: 'orange', critical: 'red' }[severity];
}

/** Key and message are the other way round than one expects. @param timestamp seconds since the epoch, at most an hour ago. */
export const feishuSign = (timestamp: number, secret: string): string =>
  createHmac('sha256', `${timestamp}\n${secret}`).update('').digest('base64');
