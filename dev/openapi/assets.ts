import { join } from 'node:path';

/** What the `admin` function serves as it lies there; packaged beside its bundle (serverless.yml). */
export const ASSETS = join(import.meta.dirname, '..', '..', 'functions', 'admin', 'assets');
