const UNITS: [seconds: number, name: string][] = [
  [86_400, 'd'],
  [3_600, 'h'],
  [60, 'min'],
  [1, 's'],
];

/** A span in its largest whole unit: `54 min`, `3 h`, `0 s`. */
export function span(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  const [size, name] = UNITS.find(([unit]) => seconds >= unit) ?? [1, 's'];
  return `${Math.floor(seconds / size)} ${name}`;
}

/** `in 54 min`, `6 min ago`. */
export function relative(time: string, now: number): string {
  const ahead = Date.parse(time) - now;
  return ahead >= 0 ? `in ${span(ahead)}` : `${span(-ahead)} ago`;
}

/** `1 error`, `3 errors`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
