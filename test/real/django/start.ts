import path from 'node:path';
import { startSite } from '../django-site/start-site.ts';
import type { Program } from '../program.ts';

export const PACKAGES = ['python3-django', 'python3-django-captcha'];
export const CREDENTIALS = { username: 'ops', password: 'open sesame 7' };

/** Django's admin with 30 orders. */
export const startDjango = (): Promise<Program> =>
  startSite('django', path.join(import.meta.dirname, 'site'), { readyPath: '/admin/login/' });
