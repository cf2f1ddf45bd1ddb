import { createChannels } from '../../lib/events/channels/create-channels.ts';
import { once } from '../../lib/runtime/once.ts';
import { recipientParts } from './recipient-parts.ts';

export const channels = once(() => createChannels(recipientParts()));
