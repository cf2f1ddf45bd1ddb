import { recordedAsKeepalive } from '../../lib/platforms/session/keepalive.ts';
import { systemClock as clock } from '../../lib/runtime/clock.ts';
import { once } from '../../lib/runtime/once.ts';
import { alerts } from '../wiring/alerts.ts';
import { operationDeps } from '../wiring/calls.ts';
import { log } from '../wiring/log.ts';
import { sessions } from '../wiring/platforms.ts';
import { catalog } from '../wiring/services.ts';
import type { KeepaliveFunctionDeps } from './keepalive.ts';

/** Composes the parts of `keepalive`. */
export const compose = once((): KeepaliveFunctionDeps => ({
  catalog: catalog(),
  sessions: sessions(),
  alerts: alerts(),
  clock,
  log: log(),
  operationDeps: operationDeps(recordedAsKeepalive(sessions())),
}));
