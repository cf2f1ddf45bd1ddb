/** What a message about an alert says to people, in Chinese and English; each format lays it out. */
import * as z from 'zod';
import { redactText } from '../../text/redaction/redact.ts';
import { ALERT_SEVERITIES } from '../../watch/alerts/alerts.ts';
import type { AlertSeverity } from '../../watch/alerts/alerts.ts';
import type { Message } from '../send.ts';

/** Of no type that anybody chooses. */
export const ALERT_TEST = 'alert.test';

export interface AlertNotice {
  tone: 'firing' | 'resolved' | 'test';
  severity: AlertSeverity;
  title: string;
  summary: string;
  /** Label and value. */
  facts: [label: string, value: string][];
}

const AlertData = z.object({
  id: z.string(),
  kind: z.string(),
  subject: z.string(),
  severity: z.enum(ALERT_SEVERITIES),
  summary: z.string(),
  firstAt: z.string(),
  count: z.number(),
  resolvedAt: z.string().optional(),
});

const SEVERITY = { info: '提示', warning: '警告', critical: '严重' } satisfies Record<AlertSeverity, string>;
/** All hold 告警 and Alert: a robot may ask for a key word. */
const TITLE = { firing: '告警 Alert', resolved: '告警已恢复 Alert resolved', test: '告警测试 Alert test' };
const STILL = '仍在告警 Alert still firing';

/** Bytes: the smallest limit, WeCom's 4,096, holds for all of it, whatever a format's escapes add. */
const SUMMARY_BYTES = 750;
const SUBJECT_BYTES = 150;

/** `undefined`: the event is none that this version writes. */
export function noticeOf({ type, service, dataText }: Message): AlertNotice | undefined {
  const parsed = AlertData.safeParse(JSON.parse(dataText));
  if (!parsed.success) return undefined;
  const { id, kind, subject, severity, summary, firstAt, count, resolvedAt } = parsed.data;
  const tone = type === 'alert.resolved' ? 'resolved' : type === ALERT_TEST ? 'test' : 'firing';
  const heading = tone === 'firing' && count > 1 ? STILL : TITLE[tone];
  const facts: [string, string | undefined][] = [
    ['级别 Severity', `${SEVERITY[severity]} ${severity}`],
    ['服务 Service', service],
    ['开始 Since', firstAt],
    ['恢复 Resolved', resolvedAt],
    ['次数 Count', String(count)],
    ['编号 Id', id],
  ];
  return {
    tone,
    severity,
    title: `${heading}: ${oneLine(kind, SUBJECT_BYTES)} ${oneLine(subject, SUBJECT_BYTES)}`,
    summary: oneLine(summary, SUMMARY_BYTES),
    facts: facts.filter((fact): fact is [string, string] => fact[1] !== undefined),
  };
}

/** What a platform or partner sent may be in it. */
const oneLine = (text: string, bytes: number) =>
  redactText(text, bytes)
    .replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .trim();

/** Without any marks. */
export const plainLines = ({ summary, facts }: AlertNotice): string =>
  [summary, ...facts.map(([label, value]) => `${label}: ${value}`)].join('\n');
