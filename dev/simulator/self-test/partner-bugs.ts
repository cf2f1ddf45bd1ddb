/** In what partners send and what becomes of it in the books. */
import type { Bug } from './bug.ts';

export const PARTNER_BUGS: Bug[] = [
  {
    name: 'a refusal does not count the version up (M3)',
    file: 'lib/ledger/posting-attempt.ts',
    right: `        ':tries': attempts,
        ':one': 1,`,
    wrong: `        ':tries': attempts,
        ':one': 0,`,
  },
  {
    name: 'a post settles on any refusal, not on the one it has read (M3)',
    file: 'lib/ledger/transfer-state.ts',
    right: `: '#version = :version'`,
    wrong: `: '#version >= :version'`,
  },
  {
    name: 'a post settles whatever stands under its id',
    file: 'lib/ledger/transfer-state.ts',
    right: `if (!seen) return { condition: 'attribute_not_exists(pk)' };`,
    wrong: `if (!seen) return { condition: 'attribute_not_exists(pk) OR attribute_exists(pk)' };`,
  },
  {
    name: 'another order under a known id counts as its duplicate',
    file: 'lib/ledger/transfer-state.ts',
    right: `return 'mismatch';`,
    wrong: `return 'replay';`,
  },
  {
    name: 'the amount is no part of what makes two orders the same (T)',
    file: 'lib/ledger/transfer-state.ts',
    right: `JSON.stringify([type, side, text])`,
    wrong: `JSON.stringify([type, side])`,
  },
  {
    name: 'the kind of an order is no part of what makes two the same (T)',
    file: 'lib/ledger/transfer-state.ts',
    right: `const side = \`\${house === 'from' ? 'to' : 'from'} user:\${userId}\`;`,
    wrong: `const side = \`user:\${userId}\`; type = 'deposit';`,
  },
  {
    name: 'a refusal overwrites what has settled',
    file: 'lib/ledger/transfer-state.ts',
    right: `'attribute_not_exists(pk) OR (#status = :rejected AND fingerprint = :fingerprint)'`,
    wrong: `'attribute_not_exists(pk) OR #status = :rejected OR fingerprint = :fingerprint'`,
  },
  {
    name: 'a refused order that settles forgets its history (M9)',
    file: 'lib/ledger/posting-attempt.ts',
    right: `history: [...(before?.history ?? []), { status: 'SETTLED', at: settledAt }],`,
    wrong: `history: [{ status: 'SETTLED', at: settledAt }],`,
  },
  {
    name: 'an account may go below zero',
    file: 'lib/ledger/posting-attempt.ts',
    right: `balance >= :bound AND \${SAME}\``,
    wrong: `balance >= :bound OR \${SAME}\``,
  },
  {
    name: 'the house gives less than the user gets',
    file: 'lib/ledger/posting-attempt.ts',
    right: `debit ? input.amount : -input.amount, last),`,
    wrong: `debit ? input.amount - 1n : -input.amount, last),`,
  },
  {
    name: 'a conflict with another transaction is taken for a refusal',
    file: 'lib/ledger/transfer-state.ts',
    right: `  if (!isQuiet) return { kind: 'contention' };`,
    wrong: `  if (!isQuiet) return { kind: 'conditions', user: { item: undefined } };`,
  },
  {
    name: 'an order is not looked up when settings refuse it (M4)',
    file: 'lib/partners/first-answer.ts',
    right: `isOfSettings(error) ? await firstAnswer(id, order) : undefined`,
    wrong: `false ? await firstAnswer(id, order) : undefined`,
  },
  {
    name: 'all partners share one space of ids (M5)',
    file: 'lib/ledger/keys.ts',
    right: `=> \`\${service}#\${transactionId}\`;`,
    wrong: `=> \`\${service.slice(0, 3)}_A#\${transactionId}\`;`,
  },
  {
    name: 'an older registration undoes a newer one (M7)',
    file: 'lib/referrals/upline-claim.ts',
    right: `person.statedAt > statedAt;`,
    wrong: `person.statedAt > statedAt + 1e9;`,
  },
  {
    name: 'a service under maintenance still moves money (T)',
    file: 'lib/partners/attend.ts',
    right: `  if (!isSwitchedOff(definition.status)) return;`,
    wrong: `  if (!isSwitchedOff('ACTIVE')) return;`,
  },
  {
    name: 'nobody limits how long a sender waits for a store that hangs',
    file: 'lib/partners/attend.ts',
    right: `setTimeout(() => reject(error), remaining(deadline, clock))`,
    wrong: `setTimeout(() => reject(error), remaining(deadline, clock) + 60_000)`,
  },
  {
    name: 'a throttled DynamoDB is taken for a fault of ours (T)',
    file: 'lib/vendors/dynamodb/documents.ts',
    right: `return new GatewayError('STORE_UNAVAILABLE', \`DynamoDB did not`,
    wrong: `return new GatewayError('INTERNAL', \`DynamoDB did not`,
  },
  {
    name: 'lists end with their first page (T)',
    file: 'lib/vendors/dynamodb/query-items.ts',
    right: `  while (page.lastKey) {`,
    wrong: `  while (page.lastKey && page.items.length > 1e6) {`,
  },
  {
    name: 'the part of a batch that DynamoDB did not do is forgotten (T)',
    file: 'lib/vendors/dynamodb/documents.ts',
    right: `            wanted = reply.UnprocessedKeys;`,
    wrong: `            wanted = undefined;`,
  },
  {
    name: 'a transfer is settled with the token of another',
    file: 'lib/ledger/posting.ts',
    right: `settling(deps.table, attempt, transfer, { settledAt, seen: refusal }));`,
    wrong: `settling(deps.table, attempt, transfer, { settledAt, seen: refusal }), { token: 'one' });`,
  },
];
