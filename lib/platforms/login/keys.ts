import type { Key } from '../../vendors/dynamodb/documents.ts';

/** Keys of logins in the `records` table. Ids sort by time. */
export const loginKeys = {
  partition: (code: string) => `LOGIN#${code}`,
  attempt: (code: string, id: string): Key => ({ pk: `LOGIN#${code}`, sk: id }),
  /** Apart from its attempt, so that a list of attempts does not read pictures. */
  image: (code: string, id: string): Key => ({ pk: `LOGIN#${code}#IMAGE`, sk: id }),
};
