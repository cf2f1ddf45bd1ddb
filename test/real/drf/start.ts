import path from 'node:path';
import { startSite } from '../django-site/start-site.ts';
import type { Program } from '../program.ts';

export const PACKAGES = [
  'python3-django',
  'python3-djangorestframework',
  'python3-djangorestframework-simplejwt',
];
export const CREDENTIALS = { username: 'ops', password: 'open sesame 7' };

/** An API of Django REST framework, with tokens. */
export const startApi = (): Promise<Program> =>
  startSite('drf', path.join(import.meta.dirname, 'site'), { readyPath: '/api/orders/' });
