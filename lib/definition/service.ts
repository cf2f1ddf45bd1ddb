/** The fields of every service (SPEC 3). The slices of a definition add to them. */
import * as z from 'zod';
import { HeaderTemplates, seconds, ServiceCode } from './fields.ts';

const SERVICE_STATUSES = ['ACTIVE', 'TESTING', 'MAINTENANCE', 'INACTIVE', 'DEPRECATED'] as const;

export const BaseDefinition = z.strictObject({
  $schema: z.string().optional().describe('For editors: the address of this schema.'),
  code: ServiceCode.describe('Names the service in paths, records and keys of stores; never changes.'),
  name: z.string().min(1).max(200).describe('For people.'),
  provider: z.string().max(200).default('').describe('Whose service it is, for people.'),
  description: z.string().max(4_000).default('').describe('For people.'),
  serviceType: z
    .enum(['SMS', 'PAYMENT', 'STORAGE', 'SOCIAL', 'PLATFORM', 'CAPTCHA', 'OTHER'])
    .default('OTHER')
    .describe('What kind of service it is, for lists and filters.'),
  version: z.string().max(32).default('v1').describe("Of the third party's API, for people."),
  status: z
    .enum(SERVICE_STATUSES)
    .default('ACTIVE')
    .describe(
      'MAINTENANCE and INACTIVE refuse calls and webhooks; TESTING tells callers why something failed.',
    ),
  baseUrl: z
    .url({ protocol: /^https?$/ })
    .describe(
      'What paths are appended to; https: and public, but in stage local also http: on a loopback address.',
    ),
  timeoutSeconds: seconds(300).default(30).describe('How long one request may take.'),
  priority: z.int().min(0).max(1_000).default(10).describe('For people: which services matter first.'),
  maxResponseBytes: z
    .int()
    .min(1)
    .max(50_000_000)
    .default(5_000_000)
    .describe("Cap on an answer's decoded body, bytes."),
  timezone: z
    .string()
    .max(64)
    .default('Asia/Shanghai')
    .describe('In which quotas per day and month begin anew.'),
  defaultHeaders: HeaderTemplates.default({}).describe(
    'Templates for headers of every request, and for their names.',
  ),
  defaultParams: z
    .record(z.string(), z.json())
    .default({})
    .describe('Params of every operation that a caller does not give.'),
  settings: z
    .record(z.string(), z.json())
    .default({})
    .describe('What templates name as {{settings.x}}, and what webhooks need; nothing secret.'),
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
  /**
   * `NOT_FOUND` for an unknown code.
   * @param revision known to be there: what this process has cached of an older one is read anew.
   */
  find(code: string, revision?: number): Promise<S>;
  list(): Promise<S[]>;
  /** Drops what this process has cached (after a write). */
  forget(code?: string): void;
}

/** Neither calls nor webhooks are served. */
export const isSwitchedOff = (status: BaseDefinition['status']): boolean =>
  status === 'MAINTENANCE' || status === 'INACTIVE';

/** `baseUrl` without its last slash: paths begin with one. */
export const baseOf = ({ baseUrl }: Pick<BaseDefinition, 'baseUrl'>): string => baseUrl.replace(/\/+$/, '');
