import { describe, expect, it } from 'vitest';
import { hashPassword, isPassword } from '../../../lib/access/people/password.ts';
import { systemRandom as random } from '../../../lib/runtime/random.ts';

/** Made by Python's hashlib.scrypt, of bytes 0 to 15 as salt. */
const PYTHONS = '$scrypt$ln=15,r=8,p=3$AAECAwQFBgcICQoLDA0ODw$kmgrCp6uuAAU7FUfrz09ENAdNlgJjPPDeEF3aTXIZiA';
const CHEAPER = '$scrypt$ln=10,r=8,p=1$AAECAwQFBgcICQoLDA0ODw$VIBYkT4Dp3e53kK6goBTneaMbnk6rZMeH+SyGJbcoc0';

describe('a password', () => {
  it("is hashed as somebody else's scrypt does, and composed characters are the same", async () => {
    expect(await isPassword('caf\u00e9 au lait, please', PYTHONS)).toBe(true);
    expect(await isPassword('cafe\u0301 au lait, please', PYTHONS)).toBe(true);
    expect(await isPassword('cafe au lait, please', PYTHONS)).toBe(false);
  });

  it('is checked with the parameters that stand with its hash', async () => {
    expect(await isPassword('an older and cheaper one', CHEAPER)).toBe(true);
    expect(await isPassword('an older and cheaper two', CHEAPER)).toBe(false);
  });

  it('has a salt of its own', async () => {
    const [one, other] = await Promise.all([
      hashPassword('the same', random),
      hashPassword('the same', random),
    ]);
    expect(one).toMatch(/^\$scrypt\$ln=15,r=8,p=3\$/);
    expect(one).not.toBe(other);
    expect(await isPassword('the same', one)).toBe(true);
  });

  it.each([undefined, '', 'plain', '$scrypt$ln=15,r=8,p=3$AAAA$AAAA', '$argon2id$v=19$m=1$a$b'])(
    "that is stored as %j is nobody's",
    async (stored) => {
      expect(await isPassword('', stored)).toBe(false);
    },
  );
});
