/** WeCom's group robot: a markdown message of at most 4,096 bytes; it has no signature, its key is in the address. */
import { byCode } from './code-answer.ts';
import { httpAddress, jsonPosting } from './format.ts';
import type { Format } from './format.ts';
import { markdownOf } from './markdown.ts';

/** 45009, 45033: more than 20 messages in a minute, or too many at the same time. */
const BUSY_CODES = [45_009, 45_033];

export const weCom: Format = {
  ...httpAddress('query'),
  everyMs: 3_100,
  compose: (notice, { url }) =>
    jsonPosting(url, { msgtype: 'markdown', markdown: { content: markdownOf(notice, '> ') } }),
  judge: byCode('errcode', BUSY_CODES),
};
