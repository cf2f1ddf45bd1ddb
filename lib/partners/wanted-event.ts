/** What a verified request asks for: by the actions of its protocol, or by those of the definition. */
import type { ExactJson } from '../text/json/exact.ts';
import type { PartnerService, WebhookSettings } from './definition.ts';
import { eventOf } from './mapped/event.ts';
import { hasActions } from './protocol.ts';
import type { Action, AnyProtocol, PartnerRequest, Verification, VerifiedRequest } from './protocol.ts';
import { DEFAULT_MONEY, validMoneySettings } from './settings.ts';

export interface WantedEvent {
  action: string;
  /** `undefined`: an unknown action. */
  does: Action | undefined;
  /** What the action reads. */
  payload: ExactJson;
  /** By which the delivery can be found, whatever its outcome. */
  transactionId?: string;
}

interface Asked {
  service: PartnerService;
  webhook: WebhookSettings;
  protocol: AnyProtocol;
}

/** @throws WebhookRefused `VALIDATION_FAILED` for a payload that is wrong before any action looks at it. */
export function wantedBy(
  { service: { definition }, webhook, protocol }: Asked,
  request: PartnerRequest,
  verified: Verification & { payload: ExactJson },
): WantedEvent {
  if (hasActions(protocol)) {
    const event = protocol.event(verified, request, webhook.protocol);
    const isKnown = Object.hasOwn(protocol.actions, event.action);
    return { ...event, does: isKnown ? protocol.actions[event.action] : undefined };
  }
  const { currencyType } = validMoneySettings(definition) ?? DEFAULT_MONEY;
  const event = eventOf(request, verified as VerifiedRequest & { payload: ExactJson }, webhook, currencyType);
  return { ...event, payload: verified.payload };
}
