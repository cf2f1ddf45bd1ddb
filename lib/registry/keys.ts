/** Keys of services in the `registry` table: all of them under one partition, so that a list is one query. */
export const SERVICES_PARTITION = 'SERVICE';

export const serviceKey = (code: string) => ({ pk: SERVICES_PARTITION, sk: code });

/** Every revision of a service has a row of its own, sorted by its number. */
export const revisionsPartition = (code: string) => `REVISION#${code}`;

/** So wide that no revision is longer: as text they sort as numbers do. */
export const revisionSortKey = (revision: number) => String(revision).padStart(16, '0');

export const revisionKey = (code: string, revision: number) => ({
  pk: revisionsPartition(code),
  sk: revisionSortKey(revision),
});
