import { once } from '../../lib/runtime/once.ts';
import { createMetricsStore } from '../../lib/watch/metrics/store.ts';
import { documents } from './dynamodb.ts';
import { resourceNames } from './environment.ts';

export const metricsStore = once(() =>
  createMetricsStore({ documents: documents(), table: resourceNames().tables.records }),
);
