/** Every protocol that partners speak. A new one is its own folder and a line here. */
import type { AnyProtocol } from './protocol.ts';
import { urs } from './urs/protocol.ts';

export const PROTOCOLS: readonly AnyProtocol[] = [urs];

/** Of a definition that names none. */
export const DEFAULT_PROTOCOL = { type: 'URS' };
