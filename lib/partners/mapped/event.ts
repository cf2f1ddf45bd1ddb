/** What a verified request asks for, as the definition says. */
import { ExactNumber } from '../../text/json/exact.ts';
import type { ExactJson } from '../../text/json/exact.ts';
import { valueAt } from '../../text/json/value.ts';
import { payloadOf } from '../body.ts';
import type { Action, PartnerRequest, VerifiedRequest } from '../protocol.ts';
import { invalid, WebhookRefused } from '../reply.ts';
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
  does: Action;
  payload: ExactJson;
  transactionId?: string;
}

/**
 * What can be told of a request by its path alone, before anything is verified.
 * @throws WebhookRefused `NOT_FOUND`
 */
export function refuseUnknownPath({ action }: PartnerRequest, mapping: Mapping): void {
  const isKnown = mapping.action ? action === '' : action !== '' && mappedTo(action, mapping) !== undefined;
  if (!isKnown) throw unknownAction();
}

/** @throws WebhookRefused `NOT_FOUND` for an unknown action, `VALIDATION_FAILED` naming what the payload lacks. */
export function eventOf(
  request: PartnerRequest,
  verified: VerifiedRequest,
  mapping: Mapping,
  bookCurrency: string,
): MappedEvent {
  const payload = verified.payload ?? payloadOf(request);
  const found = (extractor: RequestExtractor) => textOf(valueOf(extractor, payload, request));
  const action = mapping.action ? (found(mapping.action) ?? '') : request.action;
  const mapped = mappedTo(action, mapping);
  if (!mapped) throw unknownAction();
  // Of what is forwarded only: an order has an id of its own.
  const { id: place } = mapped.do === 'forward' ? mapping : {};
  const id = place && (found(place) ?? absent(place));
  const event = { action, id: id ?? verified.id, payload };
  const transactionId =
    'transactionId' in mapped ? textOf(valueAt(payload, mapped.transactionId.pointer)) : undefined;
  return {
    action,
    payload,
    does: actionOf(mapped, event, bookCurrency),
    ...(transactionId === undefined ? {} : { transactionId }),
  };
}

const unknownAction = () => new WebhookRefused('NOT_FOUND', 'Action not found.');

const mappedTo = (action: string, { actions = {} }: Mapping): MappedAction | undefined =>
  [action, ANY_OTHER].flatMap((name) => (Object.hasOwn(actions, name) ? [actions[name]!] : []))[0];

const valueOf = (extractor: RequestExtractor, payload: ExactJson, { headers }: PartnerRequest): unknown =>
  'pointer' in extractor ? valueAt(payload, extractor.pointer) : headers[extractor.header.toLowerCase()];

/** Names and ids are text, or a number's digits as they stand there. */
function textOf(value: unknown): string | undefined {
  if (value instanceof ExactNumber) return value.source;
  return typeof value === 'string' && value !== '' ? value : undefined;
}

const absent = ({ optional }: RequestExtractor): undefined =>
  optional ? undefined : invalid('id', 'is not in the request');
