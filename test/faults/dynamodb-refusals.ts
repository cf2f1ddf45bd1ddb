/** DynamoDB's own refusals, as its protocol spells them. */
import type { Call } from './dynamodb-call.ts';

export interface Reply {
  status: number;
  body: string;
}

const NAMESPACE = 'com.amazonaws.dynamodb.v20120810#';

const refusal = (name: string, message: string, more: object = {}, status = 400): Reply => ({
  status,
  body: JSON.stringify({ __type: `${NAMESPACE}${name}`, message, Message: message, ...more }),
});

export const internalError = () =>
  refusal('InternalServerError', 'The request processing has failed.', {}, 500);

export const accessDenied = (permission: string) =>
  refusal('AccessDeniedException', `The role does not allow ${permission}.`);

const THROTTLES = ['ProvisionedThroughputExceededException', 'ThrottlingException', 'RequestLimitExceeded'];

export const throttled = (fraction: () => number) =>
  refusal(oneOf(THROTTLES, fraction), 'The level of configured throughput was exceeded.');

/** A transaction names a reason per item; a write by itself has an exception of its own, and a read none at all. */
export function conflict({ action, input }: Call, fraction: () => number): Reply | undefined {
  if (/^(Put|Update|Delete)Item$/.test(action)) {
    return refusal('TransactionConflictException', 'Transaction is ongoing for the item.');
  }
  if (!action.startsWith('Transact')) return undefined;
  return cancelled(
    input.TransactItems?.length ?? 0,
    ['TransactionConflict', 'TransactionConflict', 'ProvisionedThroughputExceeded', 'ThrottlingError'],
    fraction,
  );
}

/** What no retry mends: of a transaction in one of its items, else of the request. */
export function invalid({ action, input }: Call, fraction: () => number): Reply {
  return action.startsWith('Transact')
    ? cancelled(input.TransactItems?.length ?? 0, ['ValidationError'], fraction)
    : refusal('ValidationException', 'An operand has the wrong type.');
}

/** At least one item has one of these codes, in whatever position; the others would have succeeded. */
function cancelled(items: number, codes: string[], fraction: () => number): Reply {
  const certain = Math.floor(fraction() * items);
  const reasons = Array.from({ length: items }, (_, at) =>
    at === certain || fraction() < 0.2
      ? { Code: oneOf(codes, fraction), Message: 'injected' }
      : { Code: 'None' },
  );
  const named = reasons.map(({ Code }) => Code).join(', ');
  return refusal(
    'TransactionCanceledException',
    `Transaction cancelled, please refer cancellation reasons for specific reasons [${named}]`,
    { CancellationReasons: reasons },
  );
}

const oneOf = <T>(list: T[], fraction: () => number): T => list[Math.floor(fraction() * list.length)]!;
