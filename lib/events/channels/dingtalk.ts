/** DingTalk's custom robot: a markdown message, signed in the query where the robot has a secret ("加签"). */
import { createHmac } from 'node:crypto';
import { byCode } from './code-answer.ts';
import { httpAddress, jsonPosting } from './format.ts';
import type { Format } from './format.ts';
import { escapeMarkdown, markdownOf } from './markdown.ts';

/** 130101, 410100: more than 20 messages in a minute. The robot is then closed for ten minutes. */
const BUSY_CODES = [130_101, 410_100];

export const dingTalk: Format = {
  ...httpAddress('query'),
  everyMs: 3_100,
  compose(notice, { url, secret }, { now }) {
    const address = new URL(url);
    if (secret !== undefined) {
      address.searchParams.set('timestamp', String(now));
      address.searchParams.set('sign', dingTalkSign(now, secret));
    }
    return jsonPosting(address.href, {
      msgtype: 'markdown',
      markdown: { title: escapeMarkdown(notice.title), text: markdownOf(notice, '- ') },
    });
  },
  judge: byCode('errcode', BUSY_CODES),
};

/** @param timestamp milliseconds since the epoch: DingTalk allows an hour of difference. */
export const dingTalkSign = (timestamp: number, secret: string): string =>
  createHmac('sha256', secret).update(`${timestamp}\n${secret}`).digest('base64');
