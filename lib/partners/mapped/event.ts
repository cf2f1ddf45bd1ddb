/** What a verified request asks for, as the definition says. */
import { ExactNumber } from '../../text/json/exact.ts';
import type { ExactJson } from '../../text/json/exact.ts';
import { valueAt } from '../../text/json/value.ts';
import type { Action, PartnerRequest, VerifiedRequest } from '../protocol.ts';
import { WebhookRefused } from '../reply.ts';
import { actionOf } from './actions.ts';
import { ANY_OTHER } from './schema.ts';
import type { MappedAction, RequestExtractor } from './schema.ts';

/** What a definition maps requests by. */
export interface Mapping {
  action?: RequestExtractor | undefined;
  id?: RequestExtractor | undefined;
  actions?: Record<string, MappedAction> | undefined;
}

export interface MappedEvent {
  action: string;
  /** `undefined`: nothing maps it. */
  does: Action | undefined;
  transactionId?: string;
}

/**
 * What can be told of a request by its path alone, before anything is verified.
 * @throws WebhookRefused `NOT_FOUND`
 */
export function refuseUnknownPath({ action }: PartnerRequest, mapping: Mapping): void {
  const isKnown = mapping.action ? action === '' : action !== '' && mappedTo(action, mapping) !== undefined;
  if (!isKnown) throw new WebhookRefused('NOT_FOUND', 'Action not found.');
}

/** What is wrong with it, its action finds. @param bookCurrency what amounts are in where the definition does not say. */
export function eventOf(
  request: PartnerRequest,
  { payload, id: ownId }: VerifiedRequest & { payload: ExactJson },
  mapping: Mapping,
  bookCurrency: string,
): MappedEvent {
  const found = (extractor: RequestExtractor) => textOf(valueOf(extractor, payload, request));
  const action = mapping.action ? (found(mapping.action) ?? '') : request.action;
  const mapped = mappedTo(action, mapping);
  if (!mapped) return { action, does: undefined };
  const place = mapping.id;
  const id = place ? (found(place) ?? (place.optional ? ownId : undefined)) : ownId;
  const transactionId =
    'transactionId' in mapped ? textOf(valueAt(payload, mapped.transactionId.pointer)) : undefined;
  const does = actionOf(mapped, { action, id, payload }, bookCurrency);
  return { action, does, ...(transactionId === undefined ? {} : { transactionId }) };
}

const mappedTo = (action: string, { actions = {} }: Mapping): MappedAction | undefined =>
  [action, ANY_OTHER].flatMap((name) => (Object.hasOwn(actions, name) ? [actions[name]!] : []))[0];

const valueOf = (extractor: RequestExtractor, payload: ExactJson, { headers }: PartnerRequest): unknown =>
  'pointer' in extractor ? valueAt(payload, extractor.pointer) : headers[extractor.header.toLowerCase()];

/** Names and ids are text, or a number's digits as they stand there. */
function textOf(value: unknown): string | undefined {
  if (value instanceof ExactNumber) return value.source;
  return typeof value === 'string' && value !== '' ? value : undefined;
}
