import * as z from 'zod';
import { seconds } from '../definition/fields.ts';
import { BaseDefinition } from '../definition/service.ts';
import type { Service, ServiceCatalog } from '../definition/service.ts';
import { parseStored } from '../definition/stored.ts';
import { MAPPING_FIELDS } from './mapped/schema.ts';
import { hasActions } from './protocol.ts';
import type { AnyProtocol, ProtocolSchema } from './protocol.ts';
import { DEFAULT_PROTOCOL, PROTOCOLS } from './protocols.ts';
import { ReplyShapes } from './shaped/schema.ts';

/** `webhook.protocol`: one protocol's own fields, which only that protocol reads. */
export interface ProtocolConfig {
  type: string;
}

type ProtocolList = readonly AnyProtocol[];

/** `webhook` of a definition, for these protocols. */
export const webhookSchema = <P extends ProtocolList>(protocols: P) =>
  z
    .strictObject({
      path: z
        .string()
        .regex(/^[a-z][a-z0-9-]{0,31}$/)
        .optional()
        .describe(
          '`POST /webhook/{path}/{action}` reaches this service, or `POST /webhook/{path}` where `action` is given. Absent: no webhook.',
        ),
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
      ...MAPPING_FIELDS,
      reply: ReplyShapes.optional().describe(
        'What the partner insists to be answered. Absent: `{"success": true, "data"}` and `{"success": false, "code", "error"}`.',
      ),
    })
    .superRefine((webhook, context) => {
      for (const [field, message] of mappingFaults(webhook, protocols)) {
        context.addIssue({ code: 'custom', path: [field], message });
      }
    });

/** Fields of the definition beside those of its protocol: of one that has actions, they would never be read. */
const MAPPED = ['action', 'id', 'actions', 'reply'] as const;

function mappingFaults(
  webhook: { path?: string | undefined; protocol: unknown } & Partial<
    Record<(typeof MAPPED)[number], unknown>
  >,
  protocols: ProtocolList,
): [field: string, message: string][] {
  const config = webhook.protocol as ProtocolConfig;
  const one = protocolOf(config, protocols);
  if (!one) return [];
  if (hasActions(one)) {
    return MAPPED.flatMap((field): [string, string][] =>
      webhook[field] === undefined
        ? []
        : [[field, `is not read: ${config.type} has actions and answers of its own`]],
    );
  }
  const isMissing = webhook.path !== undefined && Object.keys(webhook.actions ?? {}).length === 0;
  return isMissing ? [['actions', `is required: ${config.type} has none of its own`]] : [];
}

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
  const protocol = webhook?.path === undefined ? undefined : protocolOf(webhook.protocol);
  if (!webhook || !protocol) return [];
  return [...protocol.credentials, ...(protocol.namedCredentials?.(webhook.protocol) ?? [])];
}

/** What is wrong with a credential's value, as the rest of a sentence; `undefined`: nothing. */
export function webhookCredentialProblem(
  { webhook }: PartnerDefinition,
  name: string,
  value: string,
): string | undefined {
  return webhook?.path === undefined
    ? undefined
    : protocolOf(webhook.protocol)?.credentialProblem?.(name, value);
}
