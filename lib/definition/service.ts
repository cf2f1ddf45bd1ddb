/** The fields of every service (SPEC 3). The slices of a definition add to them. */
import * as z from 'zod';
import { HeaderTemplates, seconds, ServiceCode } from './fields.ts';

const SERVICE_STATUSES = ['ACTIVE', 'TESTING', 'MAINTENANCE', 'INACTIVE', 'DEPRECATED'] as const;

export const BaseDefinition = z.strictObject({
  $schema: z.string().optional(),
  code: ServiceCode,
  name: z.string().min(1).max(200),
  provider: z.string().max(200).default(''),
  description: z.string().max(4_000).default(''),
  serviceType: z
    .enum(['SMS', 'PAYMENT', 'STORAGE', 'SOCIAL', 'PLATFORM', 'CAPTCHA', 'OTHER'])
    .default('OTHER'),
  version: z.string().max(32).default('v1'),
  status: z.enum(SERVICE_STATUSES).default('ACTIVE'),
  baseUrl: z.url({ protocol: /^https?$/ }),
  timeoutSeconds: seconds(300).default(30),
  priority: z.int().min(0).max(1_000).default(10),
  maxResponseBytes: z
    .int()
    .min(1)
    .max(50_000_000)
    .default(5_000_000)
    .describe("Cap on an answer's decoded body, bytes."),
  timezone: z.string().max(64).default('Asia/Shanghai'),
  defaultHeaders: HeaderTemplates.default({}),
  defaultParams: z.record(z.string(), z.json()).default({}),
  settings: z.record(z.string(), z.json()).default({}),
});
export type BaseDefinition = z.output<typeof BaseDefinition>;

/**
 * What the registry keeps of a service. `revision` starts at 1 and counts every change. Each capability sees the
 * part of the definition that is its own (`D`).
 */
export interface Service<D = BaseDefinition> {
  definition: D;
  revision: number;
  createdAt: string;
  updatedAt: string;
}

/** A service as one of its accounts uses it: its sessions, its credentials. */
export interface AccountService<D = BaseDefinition> extends Service<D> {
  /** Absent: the service has one account, or it is not about any. */
  account?: string | undefined;
}

/** What calls see: the registry, cached in the process, at most 30 s stale. */
export interface ServiceCatalog<S = Service> {
  /** `NOT_FOUND` for an unknown code. */
  find(code: string): Promise<S>;
  list(): Promise<S[]>;
  /** Drops what this process has cached (after a write). */
  forget(code?: string): void;
}

/** Neither calls nor webhooks are served. */
export const isSwitchedOff = (status: BaseDefinition['status']): boolean =>
  status === 'MAINTENANCE' || status === 'INACTIVE';

/** `baseUrl` without its last slash: paths begin with one. */
export const baseOf = ({ baseUrl }: Pick<BaseDefinition, 'baseUrl'>): string => baseUrl.replace(/\/+$/, '');
