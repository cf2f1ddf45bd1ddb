/** What a person may be called. */
export const USERNAME = /^[a-z0-9][a-z0-9._-]{0,63}$/;
