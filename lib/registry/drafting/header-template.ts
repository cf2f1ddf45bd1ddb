/** The value itself, or behind a scheme: `Bearer ...`. */
export function headerTemplate(
  value: string,
  trace: (value: string) => string | undefined,
): string | undefined {
  const whole = trace(value);
  if (whole !== undefined) return whole;
  const [, scheme, rest] = /^([A-Za-z][\w-]{1,15}[ :=]\s?)(\S.*)$/.exec(value) ?? [];
  if (scheme === undefined) return undefined;
  const token = trace(rest!.replace(/^"|"$/g, ''));
  return token && (rest!.startsWith('"') ? `${scheme}"${token}"` : scheme + token);
}
