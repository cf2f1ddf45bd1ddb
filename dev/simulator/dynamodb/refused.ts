/** DynamoDB's own refusals, as its protocol spells them. */
import type { Attributes } from './attributes.ts';

export interface Reply {
  status: number;
  body: Record<string, unknown>;
}

export class Refused extends Error {
  override readonly name: string;
  readonly more: Record<string, unknown>;
  readonly status: number;
  constructor(name: string, message: string, more: Record<string, unknown> = {}, status = 400) {
    super(message);
    this.name = name;
    this.more = more;
    this.status = status;
  }

  get reply(): Reply {
    const { name, message, more, status } = this;
    return { status, body: { __type: `com.amazonaws.dynamodb.v20120810#${name}`, message, ...more } };
  }
}

export const invalid = (message: string): Refused => new Refused('ValidationException', message);

export const conditionFailed = (item: Attributes | undefined): Refused =>
  new Refused(
    'ConditionalCheckFailedException',
    'The conditional request failed',
    item ? { Item: item } : {},
  );

export interface Reason {
  Code: string;
  Message?: string;
  Item?: Attributes;
}

export function cancelled(reasons: Reason[]): Refused {
  const codes = reasons.map(({ Code }) => Code).join(', ');
  return new Refused(
    'TransactionCanceledException',
    `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes}]`,
    { CancellationReasons: reasons },
  );
}

export const internalError = (): Refused =>
  new Refused('InternalServerError', 'The request processing has failed.', {}, 500);

export const throttled = (name: string): Refused =>
  new Refused(name, 'The level of configured throughput was exceeded.');

export const inConflict = (): Refused =>
  new Refused('TransactionConflictException', 'Transaction is ongoing for the item.');
