/** Collects an option that may be repeated. */
export const several = (value: string, before: string[] = []): string[] => [...before, value];
