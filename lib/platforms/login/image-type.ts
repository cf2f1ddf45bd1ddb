/** First bytes of the formats captchas come in. */
const SIGNATURES: readonly [type: string, bytes: string][] = [
  ['image/png', '\x89PNG'],
  ['image/jpeg', '\xff\xd8\xff'],
  ['image/gif', 'GIF8'],
  ['image/bmp', 'BM'],
  ['image/webp', 'RIFF'],
];

/** What kind of image this is, by its bytes, then by what the answer claims. `undefined`: none. */
export function imageType(body: Buffer, claimed: string | undefined): string | undefined {
  if (body.length === 0) return undefined;
  const head = body.toString('latin1', 0, 8);
  const found = SIGNATURES.find(([, bytes]) => head.startsWith(bytes));
  if (found) return found[0];
  const type = claimed?.split(';')[0]?.trim().toLowerCase();
  return type?.startsWith('image/') ? type : undefined;
}
