import { parsePartnerDefinition } from '../../lib/partners/definition.ts';
import type { WebhookDeps } from '../../lib/partners/receive.ts';
import { once } from '../../lib/runtime/once.ts';
import { partnerRequests } from '../wiring/partner-requests.ts';
import { catalogOf } from '../wiring/registry-table.ts';

/** Composes `webhook`, which reads only the partner's slice of a definition. */
export const compose = once((): WebhookDeps => partnerRequests(catalogOf(parsePartnerDefinition)));
