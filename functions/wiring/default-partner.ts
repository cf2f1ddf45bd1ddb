/** The partner of requests about users or money that name none. */
export const DEFAULT_PARTNER = 'URS_PROMOTION';
