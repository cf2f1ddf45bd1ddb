/**
 * A5: two people change the same thing at once. Their writes wait for each other on the way to DynamoDB, so that both
 * have read before either has written.
 */
import { expect, it } from 'vitest';
import type { Call } from '../faults/dynamodb-call.ts';
import type { Answer, Gatehouse } from '../gatehouse.ts';
import { logInAs } from '../people.ts';
import type { Peer } from '../peer.ts';
import { withPeer } from '../with-peer.ts';

let gatehouse: Gatehouse;
let peer: Peer;
withPeer((both) => ({ gatehouse, peer } = both));

const REGISTRY = 'gatehouse-local-registry';
/** Writes to the registry table: of an entry in the audit, which comes first, they know nothing. */
const isWrite = ({ action, input }: Call) =>
  ['PutItem', 'UpdateItem', 'TransactWriteItems'].includes(action) &&
  JSON.stringify(input).includes(REGISTRY);

type Request = [method: string, path: string, body: object];
const ask = ([method, path, body]: Request) => gatehouse.ask(method, `/v1/admin/${path}`, { body });

/** @returns the answer of who won. */
async function oneWins(...requests: [Request, Request]): Promise<Answer> {
  gatehouse.gather(2, isWrite);
  const answers = await Promise.all(requests.map(ask));
  expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409]);
  expect(answers.find(({ status }) => status === 409)!.at('code')).toBe('REVISION_CONFLICT');
  return answers.find(({ status }) => status === 200)!;
}

async function register(code: string) {
  const definition = { code, name: code, baseUrl: peer.url, auth: { type: 'BEARER' } };
  await gatehouse.register(definition, { token: 'first-token' });
  return definition;
}

it('a definition, of the same revision: one wins, the other gets 409 (A5)', async () => {
  const definition = await register('DEFINED');
  const put = (name: string): Request => ['PUT', 'services/DEFINED', { ...definition, name, revision: 1 }];
  const won = await oneWins(put('One'), put('Two'));
  const shown = await gatehouse.ask('GET', '/v1/admin/services/DEFINED');
  expect([shown.at('revision'), shown.at('name')]).toEqual([2, won.at('name')]);
});

it('quotas: one wins, the other gets 409 (A5)', async () => {
  await register('LIMITED');
  const put = (limit: number): Request => [
    'PUT',
    'services/LIMITED/quotas',
    { quotas: [{ type: 'PER_DAY', limit }] },
  ];
  const won = await oneWins(put(1), put(2));
  const shown = await gatehouse.ask('GET', '/v1/admin/services/LIMITED');
  expect([shown.at('revision'), shown.at('quotas.0.limit')]).toEqual([2, won.at('items.0.limit')]);
});

it('quotas are set whatever else of the definition changes meanwhile (A5)', async () => {
  const definition = await register('BOTH');
  gatehouse.gather(2, isWrite);
  const answers = await Promise.all([
    ask(['PUT', 'services/BOTH', { ...definition, name: 'Other', revision: 1 }]),
    ask(['PUT', 'services/BOTH/quotas', { quotas: [{ type: 'PER_DAY', limit: 7 }] }]),
  ]);
  const shown = await gatehouse.ask('GET', '/v1/admin/services/BOTH');
  expect([answers[1].status, shown.at('quotas.0.limit')]).toEqual([200, 7]);
  expect(shown.at('name')).toBe(answers[0].status === 200 ? 'Other' : 'BOTH');
});

it.each([
  ['role', { role: 'operator' }, { role: 'caller' }],
  ['password', { password: 'the first of two' }, { password: 'the second of two' }],
])("a person's %s: one wins, the other gets 409 (A5)", async (field, one, two) => {
  const { id } = await logInAs(gatehouse, 'viewer', `of-${field}`);
  const won = await oneWins(['PATCH', `users/${id}`, one], ['PATCH', `users/${id}`, two]);
  const users = await gatehouse.ask('GET', '/v1/admin/users');
  expect(users.at<{ id: string }[]>('items').find((user) => user.id === id)).toEqual(won.json);
});

it('role and password of a person: both hold (A5)', async () => {
  const { id } = await logInAs(gatehouse, 'viewer', 'of-both');
  gatehouse.gather(2, isWrite);
  const answers = await Promise.all([
    ask(['PATCH', `users/${id}`, { role: 'operator' }]),
    ask(['PATCH', `users/${id}`, { disabled: true }]),
  ]);
  expect(answers.map(({ status }) => status)).toEqual([200, 200]);
});

it('credentials that nobody tries, of the same version: one wins, the other gets 409 (A5)', async () => {
  await register('ROTATED');
  const at = '/v1/admin/services/ROTATED/credentials';
  const version = (await gatehouse.ask('GET', at)).at<string>('items.0.versionId');
  const answers = await Promise.all(
    ['second-token', 'third-token'].map((token) =>
      gatehouse.ask('PUT', `${at}?canary=none&version=${version}`, { body: { token } }),
    ),
  );
  expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409]);
  const won = answers.find(({ status }) => status === 200)!;
  const shown = (await gatehouse.ask('GET', at)).at<{ versionId: string }[]>('items');
  expect(shown.map(({ versionId }) => versionId)).toEqual([won.at('versionId'), version]);
});
