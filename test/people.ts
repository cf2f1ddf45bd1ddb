import type { Gatehouse } from './gatehouse.ts';

/** Somebody who is logged in: the headers of their requests. */
export interface Person {
  id: string;
  cookie: { cookie: string };
  csrf: { 'x-csrf-token': string };
}

export const PASSWORD = 'a password for tests';

/** Makes a person, named like the role unless told, and logs them in. */
export async function logInAs(gatehouse: Gatehouse, role: string, username = role): Promise<Person> {
  const made = await gatehouse.ask('POST', '/v1/admin/users', {
    body: { username, password: PASSWORD, role },
  });
  if (made.status !== 201) throw new Error(`${username} was refused: ${made.text}`);
  return { ...(await logIn(gatehouse, username)), id: made.at<string>('id') };
}

export async function logIn(gatehouse: Gatehouse, username: string): Promise<Omit<Person, 'id'>> {
  const answer = await gatehouse.ask('POST', '/v1/session', {
    key: null,
    body: { username, password: PASSWORD },
  });
  if (answer.status !== 200) throw new Error(`${username} cannot log in: ${answer.text}`);
  return {
    cookie: { cookie: answer.headers.get('set-cookie')!.split(';')[0]! },
    csrf: { 'x-csrf-token': answer.at<string>('csrfToken') },
  };
}
