/** Slack's incoming webhook: blocks, and the same as text for notifications. Its key is the address. */
import type { AlertNotice } from './alert-notice.ts';
import { TOO_MANY, short } from './code-answer.ts';
import { httpAddress, jsonPosting } from './format.ts';
import type { Format } from './format.ts';

export const slack: Format = {
  ...httpAddress('path'),
  // One message in a second; more are answered 429 with `Retry-After`.
  everyMs: 1_100,
  compose: (notice, { url }) => jsonPosting(url, messageOf(notice)),
  judge({ status, text }) {
    if (status === TOO_MANY) return { outcome: 'busy' };
    if (status === 200 && text.trim() === 'ok') return { outcome: 'taken' };
    return { outcome: 'failed', error: short(`HTTP ${status}: ${text}`) };
  },
};

const messageOf = ({ title, summary, facts }: AlertNotice) => ({
  text: escapeSlack(`${title}\n${summary}`),
  blocks: [
    section(`*${escapeSlack(title)}*\n${escapeSlack(summary)}`),
    section(facts.map(([label, value]) => `*${label}:* ${escapeSlack(value)}`).join('\n')),
  ],
});

const section = (text: string) => ({ type: 'section', text: { type: 'mrkdwn', text, verbatim: true } });

/** The three that Slack names: a `<!channel>` in a text calls nobody. */
const escapeSlack = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
