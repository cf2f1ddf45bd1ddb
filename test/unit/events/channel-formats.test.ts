/** Each format against its vendor's documented form: signatures from other people's code, escapes, limits, answers. */
import { describe, expect, it } from 'vitest';
import type { ChannelTarget, ChannelType } from '../../../lib/events/channel.ts';
import { noticeOf } from '../../../lib/events/channels/alert-notice.ts';
import { dingTalkSign } from '../../../lib/events/channels/dingtalk.ts';
import { feishuSign } from '../../../lib/events/channels/feishu.ts';
import { FORMATS } from '../../../lib/events/channels/formats.ts';
import type { Message } from '../../../lib/events/send.ts';

const NOW = 1_780_000_000_123;
const alert = {
  id: 'alr_1',
  kind: 'LOGIN_LOCKED',
  subject: 'ORDERS/north',
  severity: 'critical',
  summary: 'Three refused logins.',
  state: 'firing',
  firstAt: '2026-11-21T04:00:00.000Z',
  lastAt: '2026-11-21T04:00:00.000Z',
  count: 1,
};
const message = (change: object = {}, type = 'alert.firing'): Message => ({
  id: 'evt_1',
  type,
  at: alert.firstAt,
  service: 'ORDERS',
  dataText: JSON.stringify({ ...alert, ...change }),
});
const composed = async (type: ChannelType, target: ChannelTarget, said = message()) => {
  const aws = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret-key', sessionToken: 'token' };
  return FORMATS[type].compose(noticeOf(said)!, target, { now: NOW, aws }, said);
};
const bodyOf = async (type: ChannelType, target: ChannelTarget, said?: Message) =>
  JSON.parse((await composed(type, target, said)).body) as Record<string, never>;
/** What would be markup, a mention or an escape somewhere. */
const HOSTILE =
  '[click](http://evil) <@all> <!channel> ![i](x) **b** `c` # h & <font color="warning"> \\ ~~s~~ | t';

describe('DingTalk', () => {
  const url = 'https://oapi.dingtalk.com/robot/send?access_token=4f1c';

  // The documentation's own code (robot, "security settings"), Python:
  // quote_plus(base64.b64encode(hmac.new(secret, '{}\n{}'.format(timestamp, secret), sha256).digest()))
  it.each([
    [1_577_262_236_757, 'this is secret', 'hmPWwU%2B7lVdm3ZZz0r9tSfx0L4Q26jWOZr9%2BGs6EZQM%3D'],
    [1_780_000_000_123, 'SEC0123456789abcdef/+=', 'S5hUwjQpxIGv%2FSni8tGGTlP05NTm2ltyzyLo4AP86ug%3D'],
  ])('signs as its documentation does at %d', (timestamp, secret, expected) => {
    expect(encodeURIComponent(dingTalkSign(timestamp, secret))).toBe(expected);
  });

  it('has the signature in the query, in milliseconds, and none without a secret', async () => {
    const signed = new URL((await composed('DINGTALK', { url, secret: 'SEC0123456789abcdef/+=' })).url);
    expect(signed.search).toBe(
      '?access_token=4f1c&timestamp=1780000000123&sign=S5hUwjQpxIGv%2FSni8tGGTlP05NTm2ltyzyLo4AP86ug%3D',
    );
    expect((await composed('DINGTALK', { url })).url).toBe(url);
  });

  it('is a markdown message in two languages', async () => {
    expect(await bodyOf('DINGTALK', { url })).toEqual({
      msgtype: 'markdown',
      markdown: {
        title: '告警 Alert: LOGIN_LOCKED ORDERS/north',
        text: [
          '### 告警 Alert: LOGIN_LOCKED ORDERS/north',
          'Three refused logins.',
          '- **级别 Severity**: 严重 critical\n- **服务 Service**: ORDERS\n- **开始 Since**: 2026-11-21T04:00:00.000Z\n- **次数 Count**: 1\n- **编号 Id**: alr_1',
        ].join('\n\n'),
      },
    });
  });
});

describe('Feishu', () => {
  const url = 'https://open.feishu.cn/open-apis/bot/v2/hook/2f1c';

  // The documentation's own code, Python: base64.b64encode(hmac.new('{}\n{}'.format(timestamp, secret), b'', sha256).digest())
  it.each([
    [1_599_360_473, 'demo', 'l1N0gAcBjdwBvGm1xMjOF0XSyaLRpR7tuO5dHfhAYc8='],
    [1_780_000_000, '密钥', 'eZz2AjZ3meEucgE4Z1twwaryRqY67m9vhl6xDvdA2mM='],
  ])('signs as its documentation does at %d', (timestamp, secret, expected) => {
    expect(feishuSign(timestamp, secret)).toBe(expected);
  });

  it('has the signature in the body, in seconds, and none without a secret', async () => {
    expect(await bodyOf('FEISHU', { url, secret: '密钥' })).toMatchObject({
      timestamp: '1780000000',
      sign: 'eZz2AjZ3meEucgE4Z1twwaryRqY67m9vhl6xDvdA2mM=',
      msg_type: 'interactive',
    });
    expect(Object.keys(await bodyOf('FEISHU', { url }))).toEqual(['msg_type', 'card']);
  });

  it('says all of it as plain text, which has no mentions', async () => {
    const { card } = await bodyOf('FEISHU', { url }, message({ summary: HOSTILE }));
    expect(card).toMatchObject({
      header: { title: { tag: 'plain_text' }, template: 'red' },
      elements: [
        { tag: 'div', text: { tag: 'plain_text', content: expect.stringContaining(HOSTILE) as string } },
      ],
    });
  });
});

describe('WeCom', () => {
  const url = 'https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a';

  it('is markdown of at most 4,096 bytes, whatever the alert says', async () => {
    const long = { summary: '<字*'.repeat(5_000), subject: '[x]'.repeat(500), kind: '&'.repeat(500) };
    for (const change of [{}, long, { summary: '&'.repeat(9_999) }]) {
      const body = await bodyOf('WECOM', { url }, message({ ...change, resolvedAt: alert.firstAt }));
      const { content } = (body as unknown as { markdown: { content: string } }).markdown;
      expect(body).toMatchObject({ msgtype: 'markdown' });
      expect(Buffer.byteLength(content)).toBeLessThanOrEqual(4_096);
      expect(content).toContain('alr_1');
    }
  });
});

describe('Slack', () => {
  const url = 'https://hooks.slack.com/services/T0/B0/xyz';

  it('has text and blocks, in which & < > alone are escaped', async () => {
    const said = message({ summary: 'a & b <!channel> <http://evil|x>' });
    const body = await bodyOf('SLACK', { url }, said);
    expect(body).toMatchObject({
      text: '告警 Alert: LOGIN_LOCKED ORDERS/north\na &amp; b &lt;!channel&gt; &lt;http://evil|x&gt;',
      blocks: [{ type: 'section', text: { type: 'mrkdwn' } }, { type: 'section' }],
    });
    expect(JSON.stringify(body)).not.toMatch(/[<>]/);
  });
});

describe('a Standard Webhook', () => {
  it('has type, timestamp and the alert as it was', async () => {
    const { body } = await composed('WEBHOOK', {
      url: 'https://example.com/h',
      secret: `whsec_${'A'.repeat(32)}`,
    });
    expect(JSON.parse(body)).toEqual({ type: 'alert.firing', timestamp: alert.firstAt, data: alert });
  });
});

describe('SNS', () => {
  const topic = 'arn:aws-cn:sns:cn-north-1:123456789012:gatehouse-prod-alarms';

  it("publishes to the topic's own region, signed, with a subject of ASCII", async () => {
    const { url, headers, body } = await composed('SNS', { url: topic });
    expect(url).toBe('https://sns.cn-north-1.amazonaws.com.cn/');
    expect(headers).toMatchObject({
      authorization: expect.stringMatching(
        /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/cn-north-1\/sns\/aws4_request, /,
      ) as string,
      'x-amz-security-token': 'token',
    });
    const form = Object.fromEntries(new URLSearchParams(body));
    expect(form).toMatchObject({ Action: 'Publish', Version: '2010-03-31', TopicArn: topic });
    expect(form['Subject']).toBe('Gatehouse Alert: LOGIN_LOCKED ORDERS/north');
    expect(form['Message']).toContain('级别 Severity: 严重 critical');
    const long = new URLSearchParams(
      (await composed('SNS', { url: topic }, message({ subject: 'x'.repeat(300) }))).body,
    );
    expect(long.get('Subject')!.length).toBeLessThan(100);
  });

  it.each([
    'arn:aws:sqs:eu-west-1:123456789012:x',
    'https://example.com',
    `${topic}.fifo`,
    topic.replace('123', '12'),
  ])('takes no %s for a topic', (url) =>
    expect(FORMATS.SNS.addressProblem(url, { isLocal: true })).toMatch('ARN'),
  );
});

describe('what others have written', () => {
  it.each(['DINGTALK', 'WECOM'] as const)('makes no link, mention or mark in %s', async (type) => {
    const body: unknown = await bodyOf(
      type,
      { url: 'https://example.com/send?key=1' },
      message({ summary: `${HOSTILE}\n# heading\u2028- item`, subject: 'A](http://evil)' }),
    );
    const { text, content = text! } = (body as { markdown: { text?: string; content?: string } }).markdown;
    const said = content.replaceAll(/^(### |- \*\*[^*]+\*\*: |> \*\*[^*]+\*\*: )/gm, '');
    expect(said).not.toMatch(/[\\`*~[\]()<>#!|&]/);
    expect(said).toContain('［click］（http://evil）');
    expect(content.split('\n').filter((line) => line.startsWith('#'))).toHaveLength(1);
  });

  it('holds no secret by its name, and no control characters', () => {
    const { summary } = noticeOf(message({ summary: 'It said\n\u001b[2Jpassword=canary-77d1 here.' }))!;
    expect(summary).not.toMatch(/canary|\p{Cc}/u);
  });
});

describe('a title', () => {
  it.each([
    ['alert.firing', {}, '告警 Alert: '],
    ['alert.firing', { count: 7 }, '仍在告警 Alert still firing: '],
    ['alert.resolved', { count: 7, resolvedAt: alert.firstAt }, '告警已恢复 Alert resolved: '],
    ['alert.test', {}, '告警测试 Alert test: '],
  ])('of %s says what it is', (type, change, begins) => {
    expect(noticeOf(message(change, type))!.title).toBe(`${begins}LOGIN_LOCKED ORDERS/north`);
  });
});

describe('an answer', () => {
  it.each<[ChannelType, number, string, string, string | undefined]>([
    ['DINGTALK', 200, '{"errcode":0,"errmsg":"ok"}', 'taken', undefined],
    [
      'DINGTALK',
      200,
      '{"errcode":310000,"errmsg":"sign not match"}',
      'failed',
      'errcode 310000: sign not match',
    ],
    ['DINGTALK', 200, '{"errcode":130101,"errmsg":"send too fast"}', 'busy', 'errcode 130101: send too fast'],
    ['DINGTALK', 200, '<html>', 'failed', 'no errcode in the answer: <html>'],
    ['DINGTALK', 500, '', 'failed', undefined],
    [
      'WECOM',
      200,
      '{"errcode":93000,"errmsg":"invalid webhook url"}',
      'failed',
      'errcode 93000: invalid webhook url',
    ],
    [
      'WECOM',
      200,
      '{"errcode":45009,"errmsg":"api freq out of limit"}',
      'busy',
      'errcode 45009: api freq out of limit',
    ],
    ['FEISHU', 200, '{"code":0,"msg":"success","StatusCode":0}', 'taken', undefined],
    ['FEISHU', 200, '{"code":19021,"msg":"sign match fail"}', 'failed', 'code 19021: sign match fail'],
    ['FEISHU', 200, '{"code":11232,"msg":"frequency limited"}', 'busy', 'code 11232: frequency limited'],
    ['FEISHU', 400, '{"code":9499,"msg":"Bad Request"}', 'failed', 'code 9499: Bad Request'],
    ['SLACK', 200, 'ok', 'taken', undefined],
    ['SLACK', 403, 'invalid_token', 'failed', 'HTTP 403: invalid_token'],
    ['SLACK', 200, '<html>', 'failed', 'HTTP 200: <html>'],
    ['SLACK', 429, 'rate_limited', 'busy', undefined],
    ['WEBHOOK', 204, '', 'taken', undefined],
    ['WEBHOOK', 500, '', 'failed', undefined],
    ['WEBHOOK', 429, '', 'busy', undefined],
    ['SNS', 200, '<PublishResponse/>', 'taken', undefined],
    ['SNS', 403, '<Error><Code>AuthorizationError</Code></Error>', 'failed', 'HTTP 403: AuthorizationError'],
    ['SNS', 400, '<Error><Code>Throttling</Code></Error>', 'busy', undefined],
  ])('of %s, %d %s, is %s', (type, status, text, outcome, error) => {
    expect(FORMATS[type].judge({ status, text })).toEqual({
      outcome,
      ...(error === undefined ? {} : { error }),
    });
  });
});

describe('an address', () => {
  it.each<[ChannelType, string, string]>([
    [
      'DINGTALK',
      'https://oapi.dingtalk.com/robot/send?access_token=4f1c',
      'https://oapi.dingtalk.com/robot/send?access_token=***',
    ],
    [
      'WECOM',
      'https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a',
      'https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=***',
    ],
    [
      'FEISHU',
      'https://open.feishu.cn/open-apis/bot/v2/hook/2f1c',
      'https://open.feishu.cn/open-apis/bot/v2/hook/***',
    ],
    ['SLACK', 'https://hooks.slack.com/services/T0/B0/xyz', 'https://hooks.slack.com/services/T0/B0/***'],
    ['WEBHOOK', 'https://example.com/hooks/x1/?token=9', 'https://example.com/hooks/***?token=***'],
  ])('of %s is shown without its key', (type, url, shown) => {
    expect(FORMATS[type].masked(url)).toBe(shown);
  });

  it('takes only secrets that Standard Webhooks can sign with', () => {
    const format = FORMATS.WEBHOOK;
    expect(format.secretProblem!(format.newSecret!(Buffer.alloc(32, 7)))).toBeUndefined();
    for (const secret of ['mine', 'whsec_', 'whsec_AAAA', `whsec_${'!'.repeat(32)}`])
      expect(format.secretProblem!(secret)).toMatch('whsec_');
  });
});
