/**
 * What Lambda carries of one answer, bytes of its JSON: a quote in a body counts twice, a control character six
 * times, base64 a third more than its bytes.
 */
export const MAX_ANSWER_BYTES = 6 * 1024 * 1024;

/** Escaped, no character takes more than six bytes; the other half is for what stands around the text. */
const SURELY_FITS = MAX_ANSWER_BYTES / 12;

/** Need a text of this length be measured at all? */
export const surelyFits = (length: number): boolean => length < SURELY_FITS;

/** Bytes of a text within the JSON that Lambda carries. */
export const serializedBytes = (text: string): number => Buffer.byteLength(JSON.stringify(text));
