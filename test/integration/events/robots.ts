/** Chat robots over real HTTP, which check what they get as their vendors say they do: none of our code. */
import { createHmac } from 'node:crypto';
import { startPeer } from '../../peer.ts';
import type { Seen } from '../../peer.ts';

const HOUR = 3_600_000;

async function startRobot(path: string, check: (seen: Seen) => string | { status: number; text: string }) {
  const peer = await startPeer();
  let answer: ((seen: Seen) => string | undefined) | undefined;
  const taken: string[] = [];
  peer.answer((request, response) => {
    const said = answer?.(request) ?? check(request);
    const { status, text } = typeof said === 'string' ? { status: 200, text: said } : said;
    if (said === OK || text === 'ok') taken.push(request.body.toString('utf8'));
    response.writeHead(status).end(text);
  });
  return {
    url: peer.url + path,
    requests: peer.seen,
    /** Bodies of messages that people have seen. */
    taken,
    /** Of these, those that hold a text. */
    saying: (text: string) => taken.filter((body) => body.includes(text)),
    /** `undefined`: as it would. */
    answer: (next: typeof answer) => void (answer = next),
    stop: () => peer.stop(),
  };
}
export type Robot = Awaited<ReturnType<typeof startRobot>>;

const OK = '{"errcode":0,"errmsg":"ok"}';
const refused = (errcode: number, errmsg: string) => JSON.stringify({ errcode, errmsg });

/** @param now milliseconds since the epoch; @param perMinute more than so many are refused. */
export function startDingTalk(secret: string, now: () => number, perMinute = 20): Promise<Robot> {
  const times: number[] = [];
  return startRobot('/robot/send?access_token=canary-token-4f1c', ({ url, body }) => {
    const query = new URL(url, 'http://robot').searchParams;
    const at = Number(query.get('timestamp'));
    const expected = createHmac('sha256', secret).update(`${at}\n${secret}`).digest('base64');
    if (query.get('access_token') !== 'canary-token-4f1c') return refused(300_005, 'token is not exist');
    if (query.get('sign') !== expected || Math.abs(now() - at) > HOUR)
      return refused(310_000, 'sign not match');
    const { msgtype, markdown } = JSON.parse(body.toString('utf8')) as {
      msgtype?: string;
      markdown?: { title?: string; text?: string };
    };
    if (msgtype !== 'markdown' || !markdown?.title || !markdown.text) return refused(400_035, 'bad message');
    times.push(at);
    const recent = times.filter((time) => at - time < 60_000).length;
    return recent > perMinute ? refused(130_101, 'send too fast, exceed 20 times per minute') : OK;
  });
}

export const startSlack = (): Promise<Robot> =>
  startRobot('/services/T0/B0/canary-token-xyz', ({ body }) => {
    const { text } = JSON.parse(body.toString('utf8')) as { text?: string };
    return text ? 'ok' : { status: 400, text: 'no_text' };
  });
