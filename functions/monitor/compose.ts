import { once } from '../../lib/runtime/once.ts';
import { alertStore } from '../wiring/alerts.ts';
import { deliveryWaking } from '../wiring/delivery-waking.ts';
import { emitMetrics } from '../wiring/metrics.ts';
import { invokeSettle, settlement } from '../wiring/settlement.ts';
import { dueDeliveries } from './due-deliveries.ts';
import type { MinuteTask } from './monitor.ts';
import { pendingTransfers } from './pending-transfers.ts';

/** All that is looked at every minute. */
export const compose = once((): MinuteTask[] => [
  pendingTransfers({ ...settlement(), alertStore: alertStore(), invokeSettle, emit: emitMetrics() }),
  dueDeliveries(deliveryWaking()),
]);
