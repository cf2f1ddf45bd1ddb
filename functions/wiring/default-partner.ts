/** The partner that is meant where a request about users or money names none. */
export const DEFAULT_PARTNER = 'URS_PROMOTION';
