import * as z from 'zod';
import { seconds } from '../definition/fields.ts';
import { BaseDefinition } from '../definition/service.ts';
import type { Service, ServiceCatalog } from '../definition/service.ts';
import { parseStored } from '../definition/stored.ts';
import type { AnyProtocol } from './protocol.ts';
import { DEFAULT_PROTOCOL, PROTOCOLS } from './protocols.ts';

/** `webhook.protocol`: one protocol's own fields, which only that protocol reads. */
export interface ProtocolConfig {
  type: string;
}

/** `webhook` of a definition, where these protocols are spoken. */
export const webhookSchema = (protocols: readonly AnyProtocol[]) =>
  z.strictObject({
    /** `POST /webhook/{path}/{action}` reaches this service. Absent: no webhook. */
    path: z
      .string()
      .regex(/^[a-z][a-z0-9-]{0,31}$/)
      .optional(),
    protocol: protocolSchema(protocols).prefault(DEFAULT_PROTOCOL),
    windowSeconds: seconds(3_600).default(300),
    rateLimit: z
      .strictObject({
        limit: z.int().min(1).default(60),
        windowSeconds: z.int().min(1).max(3_600).default(60),
      })
      .prefault({}),
    settlement: z.enum(['SYNC', 'QUEUED']).default('SYNC'),
  });

function protocolSchema(protocols: readonly AnyProtocol[]): z.ZodType<ProtocolConfig, ProtocolConfig> {
  const schemas = protocols.map(({ schema }) => schema);
  return z.discriminatedUnion('type', schemas as [(typeof schemas)[number]]);
}

export const Webhook = webhookSchema(PROTOCOLS);

const { code, status, settings } = BaseDefinition.shape;
/** The part of a definition that a webhook takes; other keys are somebody else's. */
export const PartnerDefinition = z.object({ code, status, webhook: Webhook.optional(), settings });
export type PartnerDefinition = z.output<typeof PartnerDefinition>;

/** What this room sees of a service, and of the registry. */
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
