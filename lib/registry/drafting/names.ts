/** Names that a recording has, and which of them are values themselves. */

/** `user_no` → `userNo`; what cannot be named in a template becomes `field`. */
export function camelCase(name: string): string {
  const words = name.split(/[^A-Za-z0-9]+/).filter((word) => word !== '');
  const joined = words
    .map((word, at) => (at === 0 ? word[0]!.toLowerCase() : word[0]!.toUpperCase()) + word.slice(1))
    .join('')
    .slice(0, 60);
  return /^[A-Za-z]/.test(joined) ? joined : `field${joined}`;
}

/** Can a template name it? */
export const isKey = (name: string): boolean => /^\w[\w.-]*$/.test(name);

/** Digits, UUIDs, hashes, addresses: what no two people or visits share. Words with a digit or two are names. */
export function isData(text: string): boolean {
  return (
    text === '' ||
    text.length > 64 ||
    /^\d+$/.test(text) ||
    /@|%[0-9a-f]{2}/i.test(text) ||
    /[^\x20-\x7e]/.test(text) ||
    /^[0-9a-f]{8}-[0-9a-f]{4}-/i.test(text) ||
    (/^[0-9a-f]{8,}$/i.test(text) && /\d/.test(text)) ||
    (text.match(/\d/g)?.length ?? 0) > 4 ||
    (text.length >= 16 && /\d/.test(text) && !/[-_./[\]]/.test(text) && mixedDigits(text))
  );
}

/** Digits between letters, more than once: `a8Fk2mQ9`. `address2` and `oauth2Token` are names. */
const mixedDigits = (text: string): boolean => (text.match(/[A-Za-z]\d+(?=[A-Za-z])/g)?.length ?? 0) > 1;

/** The name, or with a number behind it until it is free. */
export function freeName(wanted: string, taken: (name: string) => boolean): string {
  for (let count = 1; ; count += 1) {
    const name = count === 1 ? wanted : `${wanted}${count}`;
    if (!taken(name)) return name;
  }
}

/** Recorded text as a template that renders to itself. */
export function literal(text: string): string {
  return text.replaceAll('{{', '%7B%7B');
}
