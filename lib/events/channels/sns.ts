/**
 * A topic of Amazon SNS, which has subscribers of its own: e-mail, text messages. One signed request (Publish of the
 * query API, 2010-03-31) on the transport that all others take: so it needs no client of its own.
 */
import { GatewayError } from '../../runtime/errors.ts';
import { signForAws } from '../../vendors/aws-signature/sign.ts';
import { plainLines } from './alert-notice.ts';
import { TOO_MANY, short } from './code-answer.ts';
import type { Format } from './format.ts';

const TOPIC = /^arn:(?<partition>aws(?:-cn|-us-gov)?):sns:(?<region>[a-z0-9-]+):\d{12}:[A-Za-z0-9_-]{1,256}$/;
const SUBJECT_CHARACTERS = 99;
const CODE = /<Code>(?<code>[A-Za-z.]+)<\/Code>/;
const BUSY = /^Throttl/;

export const sns: Format = {
  addressProblem: (url) =>
    TOPIC.test(url) ? undefined : 'must be the ARN of a topic: arn:aws:sns:ap-east-1:123456789012:alerts',
  // A topic's name opens nothing.
  masked: (url) => url,
  async compose(notice, { url: topic }, { now, aws }) {
    if (!aws) throw new GatewayError('CONFIGURATION_ERROR', 'There are no credentials for AWS.');
    const { partition, region } = TOPIC.exec(topic)!.groups as { partition: string; region: string };
    const suffix = partition === 'aws-cn' ? '.cn' : '';
    const form = new URLSearchParams({
      Action: 'Publish',
      Version: '2010-03-31',
      TopicArn: topic,
      Subject: subjectOf(notice.title),
      Message: `${notice.title}\n\n${plainLines(notice)}`,
    });
    const { accessKeyId, secretAccessKey, sessionToken, endpoint } = aws;
    const { url, headers, body } = await signForAws(
      {
        method: 'POST',
        url: endpoint ?? `https://sns.${region}.amazonaws.com${suffix}/`,
        headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
        body: Buffer.from(form.toString()),
      },
      { region, service: 'sns', accessKeyId, secretAccessKey, sessionToken },
      now,
    );
    return { url, headers, body: body.toString('utf8') };
  },
  judge({ status, text }) {
    if (status === 200) return { outcome: 'taken' };
    const code = CODE.exec(text)?.groups?.['code'];
    if (status === TOO_MANY || (code !== undefined && BUSY.test(code))) return { outcome: 'busy' };
    return { outcome: 'failed', error: short(`HTTP ${status}${code === undefined ? '' : `: ${code}`}`) };
  },
};

/** SNS takes ASCII alone in a subject. */
const subjectOf = (title: string): string =>
  `Gatehouse ${title.replaceAll(/[^\x20-\x7e]+/g, '').trim()}`.slice(0, SUBJECT_CHARACTERS);
