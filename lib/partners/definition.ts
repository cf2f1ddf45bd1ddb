import * as z from 'zod';
import { seconds } from '../definition/fields.ts';
import { BaseDefinition } from '../definition/service.ts';
import type { Service, ServiceCatalog } from '../definition/service.ts';
import { parseStored } from '../definition/stored.ts';
import type { AnyProtocol, ProtocolSchema } from './protocol.ts';
import { DEFAULT_PROTOCOL, PROTOCOLS } from './protocols.ts';

/** `webhook.protocol`: one protocol's own fields, which only that protocol reads. */
export interface ProtocolConfig {
  type: string;
}

type ProtocolList = readonly { schema: ProtocolSchema }[];

/** `webhook` of a definition, for these protocols. */
export const webhookSchema = <P extends ProtocolList>(protocols: P) =>
  z.strictObject({
    path: z
      .string()
      .regex(/^[a-z][a-z0-9-]{0,31}$/)
      .optional()
      .describe('`POST /webhook/{path}/{action}` reaches this service. Absent: no webhook.'),
    protocol: protocolSchema(protocols).describe('How a request is verified, read and answered.'),
    windowSeconds: seconds(3_600)
      .default(300)
      .describe('How far the time of a request may be from ours, both ways.'),
    rateLimit: z
      .strictObject({
        limit: z.int().min(1).default(60).describe('Requests per window.'),
        windowSeconds: z.int().min(1).max(3_600).default(60).describe('How long a window is.'),
      })
      .prefault({})
      .describe('Of one source address.'),
    settlement: z
      .enum(['SYNC', 'QUEUED'])
      .default('SYNC')
      .describe('Whether money has moved when the partner gets its answer.'),
  });

function protocolSchema<P extends ProtocolList>(protocols: P) {
  type One = P[number]['schema'];
  const schemas = protocols.map(({ schema }) => schema);
  const union: z.ZodType = z.discriminatedUnion('type', schemas as [ProtocolSchema]);
  return (union as z.ZodType<z.output<One>, z.input<One>>).prefault(DEFAULT_PROTOCOL as z.input<One>);
}

export const Webhook = webhookSchema(PROTOCOLS);

const { code, status, settings } = BaseDefinition.shape;
/** The part of a definition that a webhook reads; other keys are ignored. */
export const PartnerDefinition = z.object({ code, status, webhook: Webhook.optional(), settings });
/** Whatever its protocol. */
export interface PartnerDefinition extends Omit<z.output<typeof PartnerDefinition>, 'webhook'> {
  webhook?: WebhookSettings | undefined;
}
export type WebhookSettings = Omit<z.output<typeof Webhook>, 'protocol'> & { protocol: ProtocolConfig };

/** A service and the registry, as far as webhooks read them. */
export type PartnerService = Pick<Service<PartnerDefinition>, 'definition'>;
export type PartnerCatalog = Pick<ServiceCatalog<PartnerService>, 'list'>;

/** From the store. @throws GatewayError `VALIDATION_FAILED` naming every field at fault. */
export const parsePartnerDefinition = (document: unknown): PartnerDefinition =>
  parseStored(PartnerDefinition, document);

/** The protocol that a definition names. `undefined`: none of these. */
export function protocolOf(
  { type }: ProtocolConfig,
  protocols: readonly AnyProtocol[] = PROTOCOLS,
): AnyProtocol | undefined {
  return protocols.find(({ schema }) => schema.shape.type.value === type);
}

/** What the service's credentials must hold for its webhook. */
export function requiredWebhookCredentials({ webhook }: PartnerDefinition): readonly string[] {
  return webhook?.path === undefined ? [] : (protocolOf(webhook.protocol)?.credentials ?? []);
}
