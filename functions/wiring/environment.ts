/** Configuration of this deployment, from its environment. Read at first use. */
import { names, readConfig } from '../../lib/runtime/config.ts';
import { once } from '../../lib/runtime/once.ts';

export const config = once(() => readConfig());
export const resourceNames = once(() => names(config().stage));
