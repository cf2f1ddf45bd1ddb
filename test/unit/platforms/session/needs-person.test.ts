/** What callers and operators read where only a person can log in. */
import { expect, it } from 'vitest';
import type { AlertInput } from '../../../../lib/watch/alerts/alerts.ts';
import {
  alertNeedsPerson,
  needsPerson,
  requireLogin,
  resolveNeedsPerson,
} from '../../../../lib/platforms/session/needs-person.ts';
import { LOGIN, serviceOf } from './service.ts';

const north = serviceOf({ account: 'north' });

it('a caller reads what has to be done, for which account, and need not try again', () => {
  expect(needsPerson(serviceOf())).toMatchObject({
    code: 'SESSION_NEEDS_PERSON',
    retryable: false,
    message:
      'CRM has no live session and describes no login: a person has to log in with a browser, ' +
      'then `gatehouse session import CRM`.',
  });
  expect(needsPerson(north).message).toBe(
    'CRM/north has no live session and describes no login: a person has to log in with a browser, ' +
      'then `gatehouse session import CRM --account north`.',
  );
});

it('a login that is described needs nobody', () => {
  expect(requireLogin(serviceOf({ auth: { login: LOGIN } }))).toMatchObject(LOGIN);
  expect(() => requireLogin(north)).toThrow(needsPerson(north).message);
});

it('an alert says why, and is resolved for the same account', async () => {
  const raised: AlertInput[] = [];
  const resolved: string[] = [];
  const alerts = {
    raise: (alert: AlertInput) => Promise.resolve(void raised.push(alert)),
    resolve: (kind: string, subject: string) => Promise.resolve(void resolved.push(`${kind} ${subject}`)),
  };
  await alertNeedsPerson(alerts, serviceOf());
  await alertNeedsPerson(alerts, north, 'asked a question that nobody answered');
  const alert = { kind: 'SESSION_NEEDS_PERSON', severity: 'critical' };
  expect(raised).toEqual([
    {
      ...alert,
      subject: 'CRM',
      summary: 'CRM has no live session and describes no login: a person has to log in.',
    },
    {
      ...alert,
      subject: 'CRM/north',
      summary: 'CRM/north asked a question that nobody answered: a person has to log in.',
    },
  ]);
  await resolveNeedsPerson(alerts, north);
  expect(resolved).toEqual(['SESSION_NEEDS_PERSON CRM/north']);
});
