import { expect, test } from 'vitest';
import { findBinary } from '../../../dev/stores/dynamodb.ts';

test('where there is no embedded DynamoDB, the message says what to set', () => {
  expect(() => findBinary('plan9', 'mips')).toThrow(/plan9-mips.*AWS_ENDPOINT_URL_DYNAMODB/);
});
