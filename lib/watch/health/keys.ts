/** One partition of `records`, an item per service: the monitor reads all of them every minute, also of services that are gone. */
export const HEALTH = 'HEALTH';

export const healthKey = (code: string) => ({ pk: HEALTH, sk: code });
