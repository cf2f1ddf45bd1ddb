/** Times that callers give. */
import * as z from 'zod';

export const Time = z.iso.datetime({
  offset: true,
  // Of one that is missing zod's own words, by which it is known (field-errors.ts).
  error: ({ input }) =>
    input === undefined ? undefined : 'must be an ISO 8601 time with its zone, as 2026-11-22T00:00:00Z',
});

/** A time that callers give, as sort keys carry it. */
export const utc = (time: string): string => new Date(time).toISOString();

interface Range {
  from?: string | undefined;
  to?: string | undefined;
}

/** `schema.refine(...inOrder)`: a range that ends before it begins holds nothing, and would say that all is well. */
export const inOrder: [(range: Range) => boolean, { path: string[]; error: string }] = [
  ({ from, to }) => from === undefined || to === undefined || Date.parse(from) < Date.parse(to),
  { path: ['to'], error: 'must be after from' },
];
