const PREFIX = 'whsec_';

/** A secret as its partner gives it: `whsec_` and the key in base64. `undefined`: it is none. */
export function keyOf(secret: string): Buffer | undefined {
  const text = secret.slice(PREFIX.length).replace(/={1,2}$/, '');
  if (!secret.startsWith(PREFIX) || !/^[A-Za-z0-9+/]+$/.test(text)) return undefined;
  const key = Buffer.from(text, 'base64');
  // What base64 would not have written is a mistake in copying.
  return key.toString('base64').replace(/=+$/, '') === text ? key : undefined;
}
