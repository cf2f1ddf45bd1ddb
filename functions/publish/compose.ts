import { systemClock as clock } from '../../lib/runtime/clock.ts';
import { seal } from '../../lib/ledger/journal/seal.ts';
import { once } from '../../lib/runtime/once.ts';
import { systemRandom as random } from '../../lib/runtime/random.ts';
import { createTransport } from '../../lib/vendors/http/undici-transport.ts';
import { alerts } from '../wiring/alerts.ts';
import { documents } from '../wiring/dynamodb.ts';
import { config, resourceNames } from '../wiring/environment.ts';
import { deliveryWaking } from '../wiring/delivery-waking.ts';
import { outbox } from '../wiring/outbox.ts';
import { outletsOver } from '../wiring/outlets.ts';
import { settlement } from '../wiring/settlement.ts';
import type { PublishDeps } from './publish.ts';

/** Composes the parts of `publish`. */
export const compose = once((): PublishDeps => ({
  ...deliveryWaking(),
  documents: documents(),
  tables: resourceNames().tables,
  outbox: outbox(),
  outlets: outletsOver(createTransport({ isLocal: config().isLocal, clock })),
  alerts: alerts(),
  clock,
  random,
  seal: (changes) => seal(changes, { ...settlement(), documents: documents() }),
}));
