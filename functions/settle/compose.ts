import { once } from '../../lib/runtime/once.ts';
import { invokeSettle, settlement } from '../wiring/settlement.ts';
import type { SettleDeps } from './settle.ts';

/** Composes the parts of `settle`. */
export const compose = once((): SettleDeps => ({ ...settlement(), invokeLater: invokeSettle }));
