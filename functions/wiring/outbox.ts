import { createOutbox } from '../../lib/events/outbox.ts';
import { once } from '../../lib/runtime/once.ts';
import { documents } from './dynamodb.ts';
import { resourceNames } from './environment.ts';

export const outbox = once(() =>
  createOutbox({ documents: documents(), table: resourceNames().tables.events }),
);
