import type { StreamChange } from '../../vendors/dynamodb/stream-records.ts';

/** A transfer was accepted, again after a refusal, or redriven: not one that is only put off or claimed. */
export const becamePending = ({ before, after }: StreamChange): boolean =>
  after?.['status'] === 'PENDING' && before?.['status'] !== 'PENDING';
