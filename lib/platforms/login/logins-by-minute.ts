import * as z from 'zod';
import type { Documents } from '../../vendors/dynamodb/documents.ts';
import { queryItems } from '../../vendors/dynamodb/query-items.ts';
import { StoredNumber } from '../../vendors/dynamodb/stored-number.ts';
import { minuteOf } from '../../watch/metrics/minute.ts';
import type { Minute, Minutes } from '../../watch/metrics/minute.ts';
import { priceOf } from '../captcha/chaojiying/prices.ts';
import { MANUAL } from '../captcha/solver.ts';
import { loginKeys } from './keys.ts';

/** An attempt of the recorder, as far as it is counted. */
const Attempt = z.object({
  at: z.iso.datetime(),
  attempt: StoredNumber,
  trigger: z.string(),
  captcha: z
    .object({
      text: z.string().optional(),
      right: z.boolean().optional(),
      solver: z.string().optional(),
      codetype: StoredNumber,
    })
    .optional(),
});

export type LoginFigures = Pick<Minute, 'logins' | 'captchas' | 'captchaHits' | 'captchaPoints'>;

/** Logins and captchas by the minute in which the attempt began. A session that a person brought is no login. */
export async function loginsByMinute(
  { documents, table }: { documents: Pick<Documents, 'query'>; table: string },
  service: string,
  { from, to }: Minutes,
): Promise<Map<number, LoginFigures>> {
  const found = new Map<number, LoginFigures>();
  const attempts = queryItems(documents, {
    table,
    where: 'pk = :pk AND sk BETWEEN :from AND :to',
    values: { ':pk': loginKeys.partition(service), ':from': idAt(from), ':to': idAt(to) },
  });
  for await (const item of attempts) {
    const { success, data } = Attempt.safeParse(item);
    if (!success || data.trigger === 'import') continue;
    const minute = minuteOf(Date.parse(data.at));
    const { logins, captchas, captchaHits, captchaPoints } = found.get(minute) ?? NONE;
    found.set(minute, {
      logins: logins + Number(data.attempt === 1),
      captchas: captchas + Number(data.captcha?.text !== undefined),
      captchaHits: captchaHits + Number(data.captcha?.right === true),
      captchaPoints: captchaPoints + pointsOf(data),
    });
  }
  return found;
}

const NONE: LoginFigures = { logins: 0, captchas: 0, captchaHits: 0, captchaPoints: 0 };

/** Of an answer that a solver gave; a person costs none. */
function pointsOf({ captcha }: z.output<typeof Attempt>): number {
  const isPaid = captcha?.text !== undefined && captcha.solver !== undefined && captcha.solver !== MANUAL;
  return isPaid ? priceOf(captcha.codetype) / 10 : 0;
}

/** Before all ids of that time: an attempt's (`Random.id`) begins with the milliseconds of its beginning. */
const idAt = (at: number): string => at.toString(16).padStart(12, '0');
