import { once } from '../../lib/runtime/once.ts';
import { createLogger } from '../../lib/vendors/log/log.ts';
import { config } from './environment.ts';

export const log = once(() => createLogger(config(), 'api'));
