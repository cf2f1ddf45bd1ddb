import { expect, it } from 'vitest';
import { arrivalOf, deadlineOf } from '../../../functions/wiring/request-time.ts';
import { routeGroup } from '../../../functions/wiring/route-group.ts';
import { requestIdOf, timeOfRequest } from '../../../lib/runtime/request-id.ts';

const NOW = 1_795_238_411_006;

it.each([
  ['at once', NOW, 29_000, NOW + 28_600],
  ['after the authorizer and a cold start of 8 s', NOW - 8_000, 29_000, NOW + 20_600],
  ['in a function with less time of its own', NOW - 8_000, 12_000, NOW + 11_600],
  ['when API Gateway is about to give up', NOW - 28_999, 29_000, NOW - 399],
  ['without a time', undefined, 29_000, NOW + 28_600],
  ['with a time that is no number', 'yesterday', 29_000, NOW + 28_600],
  ['with NaN', Number.NaN, 29_000, NOW + 28_600],
  ['by a clock ahead of ours', NOW + 5_000, 29_000, NOW + 28_600],
  ['by a clock an hour behind ours', NOW - 3_600_000, 29_000, NOW + 28_600],
])('W9: a request %s', (_name, timeEpoch, remainingMs, at) => {
  expect(deadlineOf(arrivalOf(timeEpoch, NOW), NOW, remainingMs)).toEqual({ at });
});

it('W11: the id of a request says when it came', () => {
  const id = requestIdOf(NOW, 'JKJaXmPLvHcES06=');
  expect(id).toBe('01a1fc8c3afe-JKJaXmPLvHcES06=');
  expect(timeOfRequest(id)).toBe(NOW);
  for (const foreign of ['JKJaXmPLvHcES06=', '', '01a1fc8c3af', '9b2d7b8e-5f3a-4c1e-8d2b-1a2b3c4d5e6f']) {
    expect(timeOfRequest(foreign)).toBeUndefined();
  }
});

it.each([
  ['/v1/services/{code}/proxy/{path+}', 'proxy'],
  ['/v1/services/{code}/operations/{operation}', 'operations'],
  ['/v1/services/{code}', 'services'],
  ['/v1/services', 'services'],
  ['/v1/urs/users/{uid}/team', 'urs'],
  ['/v1/admin/services/{code}/session/login', 'admin/services'],
  ['/v1/admin/keys', 'admin/keys'],
  ['/webhook/{path}/{action}', 'webhook'],
  ['/docs/scalar.js', 'docs'],
  ['/health', 'health'],
])('W1: %s is counted under %s', (path, group) => {
  expect(routeGroup(path)).toBe(group);
});
