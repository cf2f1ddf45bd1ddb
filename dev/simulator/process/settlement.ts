/** The functions `settle` and `monitor`, as their compose.ts have them. */
import { pendingTransfers } from '../../../functions/monitor/pending-transfers.ts';
import type { SettleDeps } from '../../../functions/settle/settle.ts';
import { systemClock as clock } from '../../../lib/runtime/clock.ts';
import { systemRandom as random } from '../../../lib/runtime/random.ts';
import { log } from './parts.ts';
import type { Parts } from './parts.ts';
import { NAMES } from './stage.ts';

/** @param invokeSettle has `settle` look at what is due, somewhere in the fleet. */
export function settlementOf(parts: Parts, invokeSettle: () => Promise<void>) {
  const { ledgerDocuments: documents, alerts, alertStore } = parts;
  const settlement = { documents, table: NAMES.tables.ledger, alerts, clock, random, log };
  const settle: SettleDeps = { ...settlement, invokeLater: invokeSettle };
  return {
    settle,
    minutely: [pendingTransfers({ ...settlement, alertStore, invokeSettle, emit: () => {} })],
  };
}
