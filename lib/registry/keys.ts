/** Keys of services in the `registry` table: all of them under one partition, so that a list is one query. */
export const SERVICES_PARTITION = 'SERVICE';

export const serviceKey = (code: string) => ({ pk: SERVICES_PARTITION, sk: code });
