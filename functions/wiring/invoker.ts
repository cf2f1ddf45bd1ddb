import { once } from '../../lib/runtime/once.ts';
import { createInvoker } from '../../lib/vendors/lambda/invoke.ts';
import { config } from './environment.ts';

export const invoker = once(() => {
  const { region, endpoints } = config();
  return createInvoker({ region, endpoint: endpoints.lambda });
});
