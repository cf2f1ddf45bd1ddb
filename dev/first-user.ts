import { randomBytes } from 'node:crypto';

export interface FirstUser {
  username: string;
  password: string;
}

/**
 * Makes somebody who may log in, where nobody may yet: the stack of a laptop is then ready for a browser, too.
 * `undefined` where there is a user already: what was told once is not told again.
 * @throws Error for a person.
 */
export async function makeFirstUser(url: string, adminKey: string): Promise<FirstUser | undefined> {
  const headers = { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json' };
  const users = `${url}/v1/admin/users`;
  const { items } = (await answerTo(await fetch(users, { headers }))) as { items: unknown[] };
  if (items.length > 0) return undefined;
  const first = { username: 'admin', password: randomBytes(15).toString('base64url') };
  const body = JSON.stringify({ ...first, role: 'admin' });
  await answerTo(await fetch(users, { method: 'POST', headers, body }));
  return first;
}

async function answerTo(response: Response): Promise<unknown> {
  if (!response.ok) throw new Error(`the first user could not be made: status ${response.status}`);
  return response.json();
}
