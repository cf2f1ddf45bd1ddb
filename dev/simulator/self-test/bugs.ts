/** Bugs to plant: those that were made once (FAULTS M and T), and others of their kind. */
import type { Bug } from './bug.ts';
import { CALL_BUGS } from './call-bugs.ts';
import { EVENT_BUGS } from './event-bugs.ts';
import { PARTNER_BUGS } from './partner-bugs.ts';
import { SETTLEMENT_BUGS } from './settlement-bugs.ts';

export const BUGS: Bug[] = [...PARTNER_BUGS, ...CALL_BUGS, ...SETTLEMENT_BUGS, ...EVENT_BUGS];
