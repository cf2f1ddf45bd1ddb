/**
 * The id of a request, as callers get it: when it came, twelve hexadecimal digits of milliseconds, then the id that API
 * Gateway or Lambda gave it. Records of a request are found by its time: no index has to be written for that.
 */
export const requestIdOf = (at: number, id: string): string => `${at.toString(16).padStart(12, '0')}-${id}`;

/** When a request came, milliseconds since the epoch; `undefined` for an id that is not ours. */
export function timeOfRequest(requestId: string): number | undefined {
  const digits = /^([0-9a-f]{12})-/.exec(requestId)?.[1];
  return digits === undefined ? undefined : Number.parseInt(digits, 16);
}
