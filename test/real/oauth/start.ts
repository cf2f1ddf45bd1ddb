import path from 'node:path';
import { startSite } from '../django-site/start-site.ts';
import type { Program } from '../program.ts';

export const PACKAGES = ['python3-django', 'python3-django-oauth-toolkit'];
export const CREDENTIALS = { clientId: 'shop/client-credentials', clientSecret: 'a secret: 100%+' };
export const OF_A_USER = {
  ...CREDENTIALS,
  clientId: 'shop/password',
  username: 'ops',
  password: 'open sesame 7',
};

/** An API of Django, with the token endpoint of Django OAuth Toolkit. */
export const startOAuth = (): Promise<Program> =>
  startSite('oauth', path.join(import.meta.dirname, 'site'), { readyPath: '/orders/' });
