/** All partner protocols. A new one is its own folder and a line here. */
import { signed } from './signed/protocol.ts';
import { standardWebhooks } from './standard-webhooks/protocol.ts';
import { urs } from './urs/protocol.ts';

export const PROTOCOLS = [urs, standardWebhooks, signed] as const;

/** For a definition that names none. */
export const DEFAULT_PROTOCOL = { type: 'URS' } as const;
