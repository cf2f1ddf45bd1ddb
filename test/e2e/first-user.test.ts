import { afterAll, expect, test } from 'vitest';
import { ProductProcess } from '../product-process.ts';

const product = new ProductProcess();
afterAll(() => product.clear());

const logIn = async (username: string, password: string) => {
  const answer = await fetch(`${product.url}/v1/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username, password }),
  });
  return { status: answer.status, body: await answer.json() };
};

test('npm start prints who may log in, once per data directory', async () => {
  await product.start();
  const [, username, password] =
    /^to log in \(shown this once\): (\w+), password (\S{20})$/m.exec(product.output) ?? [];
  expect(username).toBe('admin');
  expect(await logIn(username!, password!)).toMatchObject({
    status: 200,
    body: { user: { username, role: 'admin' } },
  });
  await product.stop();

  await product.start();
  expect(product.output).not.toContain('to log in');
  expect(product.output).not.toContain(password);
  expect((await logIn(username!, password!)).status).toBe(200);
  await product.stop();
}, 120_000);
