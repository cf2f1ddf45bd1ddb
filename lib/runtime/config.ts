/** The only place that reads `process.env`. Everything else receives what it needs. */
import * as z from 'zod';
import { omitUndefined } from './omit-undefined.ts';

const Environment = z.object({
  GATEHOUSE_STAGE: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,31}$/)
    .default('local'),
  GATEHOUSE_ADMIN_KEY: z.string().min(8).optional(),
  AWS_REGION: z.string().default('us-east-1'),
  AWS_ENDPOINT_URL_DYNAMODB: z.url().optional(),
  AWS_ENDPOINT_URL_SECRETS_MANAGER: z.url().optional(),
  AWS_ENDPOINT_URL_LAMBDA: z.url().optional(),
  AWS_ENDPOINT_URL_SNS: z.url().optional(),
  AWS_ACCESS_KEY_ID: z.string().optional(),
  AWS_SECRET_ACCESS_KEY: z.string().optional(),
  AWS_SESSION_TOKEN: z.string().optional(),
  UPSTASH_REDIS_REST_URL: z.url(),
  UPSTASH_REDIS_REST_TOKEN: z.string().min(1),
  LOG_LEVEL: z.enum(['DEBUG', 'INFO', 'WARN', 'ERROR', 'SILENT']).default('INFO'),
});

export interface AwsCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

export interface Config {
  /** `local` on a laptop; part of every table, secret and function name. */
  stage: string;
  isLocal: boolean;
  region: string;
  /** Stage `local` only: this key is an `admin` key from the start. */
  localAdminKey: string | undefined;
  redis: { url: string; token: string };
  endpoints: {
    dynamodb: string | undefined;
    secretsManager: string | undefined;
    lambda: string | undefined;
    sns: string | undefined;
  };
  /** The function's role, as Lambda gives it: for requests that are signed here. The SDK finds its own. */
  awsCredentials: AwsCredentials | undefined;
  logLevel: 'DEBUG' | 'INFO' | 'WARN' | 'ERROR' | 'SILENT';
}

/**
 * Reads the environment. Fails closed: names a missing or malformed variable, never its value.
 * @throws Error listing every variable at fault.
 */
export function readConfig(env: Record<string, string | undefined> = process.env): Config {
  const parsed = Environment.safeParse(blankIsAbsent(env));
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new Error(`The environment is not valid. ${faults.join('; ')}`);
  }
  const e = parsed.data;
  return {
    stage: e.GATEHOUSE_STAGE,
    isLocal: e.GATEHOUSE_STAGE === 'local',
    region: e.AWS_REGION,
    localAdminKey: e.GATEHOUSE_STAGE === 'local' ? e.GATEHOUSE_ADMIN_KEY : undefined,
    redis: { url: e.UPSTASH_REDIS_REST_URL, token: e.UPSTASH_REDIS_REST_TOKEN },
    endpoints: {
      dynamodb: e.AWS_ENDPOINT_URL_DYNAMODB,
      secretsManager: e.AWS_ENDPOINT_URL_SECRETS_MANAGER,
      lambda: e.AWS_ENDPOINT_URL_LAMBDA,
      sns: e.AWS_ENDPOINT_URL_SNS,
    },
    awsCredentials: credentialsOf(e),
    logLevel: e.LOG_LEVEL,
  };
}

function credentialsOf(e: z.output<typeof Environment>): AwsCredentials | undefined {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = e;
  if (accessKeyId === undefined || secretAccessKey === undefined) return undefined;
  return omitUndefined({ accessKeyId, secretAccessKey, sessionToken: e.AWS_SESSION_TOKEN });
}

/** `FOO=` in a shell or an .env file means "not set". */
function blankIsAbsent(env: Record<string, string | undefined>): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
}

/** Names of what is deployed, from the stage alone. */
export function names(stage: string) {
  return {
    tables: {
      /** Definitions, API keys, console users. */
      registry: `gatehouse-${stage}-registry`,
      /** Calls, logins, deliveries, alerts: expires. */
      records: `gatehouse-${stage}-records`,
      /** First answers to keyed requests: expires. */
      idempotency: `gatehouse-${stage}-idempotency`,
      /** Money. */
      ledger: `gatehouse-${stage}-ledger`,
      /** Users of the promotion system and who referred whom. */
      users: `gatehouse-${stage}-users`,
      /** What business code is told, and who is told: expires. */
      events: `gatehouse-${stage}-events`,
      /** Who changed what: never changed, never deleted. */
      audit: `gatehouse-${stage}-audit`,
    },
    secrets: {
      credentials: (code: string) => `gatehouse/${stage}/${code}`,
      sessionKey: `gatehouse/${stage}/session-key`,
      adminKey: `gatehouse/${stage}/admin-key`,
    },
    functions: {
      keepalive: `gatehouse-${stage}-keepalive`,
      settle: `gatehouse-${stage}-settle`,
      publish: `gatehouse-${stage}-publish`,
    },
  };
}

export type Names = ReturnType<typeof names>;
