/** Markdown as chat robots read it. */
import type { AlertNotice } from './alert-notice.ts';

/**
 * Marks become their full-width twins, which look the same and mean nothing: neither DingTalk nor WeCom has an escape
 * that all its clients know. So no value makes a link, a picture, a heading, or mentions anybody (`<@all>`).
 */
const MARKS = /[\\`*~[\]()<>#!|&]/g;
const FULL_WIDTH = 0xfee0;

export const escapeMarkdown = (text: string): string =>
  text.replaceAll(MARKS, (mark) => String.fromCharCode(mark.charCodeAt(0) + FULL_WIDTH));

/** @param line what a fact's line begins with. */
export const markdownOf = ({ title, summary, facts }: AlertNotice, line: string): string =>
  [
    `### ${escapeMarkdown(title)}`,
    escapeMarkdown(summary),
    facts.map(([label, value]) => `${line}**${label}**: ${escapeMarkdown(value)}`).join('\n'),
  ].join('\n\n');
