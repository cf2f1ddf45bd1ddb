/** Alerts share one partition of `records`: there are at most (kinds × subjects) of them, written now and then. */
export const ALERTS = 'ALERT';

/** One item per thing that can be wrong: raising it again finds it. */
export const alertKey = (kind: string, subject: string) => ({ pk: ALERTS, sk: `${kind}#${subject}` });
