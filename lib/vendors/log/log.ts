import { AsyncLocalStorage } from 'node:async_hooks';
import { Logger } from '@aws-lambda-powertools/logger';
import type { Config } from '../../runtime/config.ts';
import { isGatewayError } from '../../runtime/errors.ts';
import { redactJson, redactText } from '../../text/redaction/redact.ts';

export type LogFields = Record<string, unknown>;

/**
 * Structured logs: one line of JSON each, redacted. `error` in the fields is shown as name, code, message
 * and stack frames, and so is what caused it; of vendors' errors only names and codes, because their messages carry
 * requests.
 */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** The same with fields on every line: `log.with({ requestId })`. */
  with(fields: LogFields): Log;
}

const shared = new AsyncLocalStorage<LogFields>();

/** Runs `work`; every line that is written within carries these fields, whoever writes it. */
export const withLogFields = <T>(fields: LogFields, work: () => T): T =>
  shared.run({ ...shared.getStore(), ...fields }, work);

/** @param name The function: `proxy`, `keepalive`. */
export function createLogger(config: Pick<Config, 'logLevel' | 'stage'>, name: string): Log {
  const logger = new Logger({
    serviceName: `gatehouse-${config.stage}-${name}`,
    logLevel: config.logLevel,
  });
  return logTo((level, message, fields) => logger[level](message, fields), {});
}

type Write = (level: 'debug' | 'info' | 'warn' | 'error', message: string, fields: LogFields) => void;

const MAX_MESSAGE_BYTES = 4_096;

function logTo(write: Write, always: LogFields): Log {
  const at =
    (level: 'debug' | 'info' | 'warn' | 'error') =>
    (message: string, fields: LogFields = {}) => {
      // A line that cannot be written must not fail the call.
      try {
        write(
          level,
          oneLine(redactText(message, MAX_MESSAGE_BYTES)),
          safely({ ...shared.getStore(), ...always, ...fields }),
        );
      } catch {}
    };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    with: (fields) => logTo(write, { ...always, ...fields }),
  };
}

/** When fields cannot be read (a getter that throws), the line is written without them. */
function safely(fields: LogFields): LogFields {
  try {
    return shown(fields);
  } catch {
    return {};
  }
}

/** The logger's own names: a field of that name would replace them. */
const RESERVED: Record<string, string> = {
  message: 'message_',
  level: 'level_',
  timestamp: 'timestamp_',
  service: 'serviceCode',
};

function shown(fields: LogFields): LogFields {
  const plain: LogFields = {};
  for (const [name, value] of Object.entries(fields)) {
    plain[Object.hasOwn(RESERVED, name) ? RESERVED[name]! : name] =
      value instanceof Error ? describeError(value) : value;
  }
  return oneLineDeep(redactJson(plain)) as LogFields;
}

const MAX_CAUSES = 5;

/** An error for a log line, and what caused it. */
function describeError(error: Error): LogFields {
  const causes: string[] = [];
  for (let cause = error.cause; cause instanceof Error && causes.length < MAX_CAUSES; cause = cause.cause) {
    causes.push(isGatewayError(cause) ? `${cause.code}: ${cause.message}` : nameAndCode(cause));
  }
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return {
    name: error.name,
    ...(isGatewayError(error) ? { code: error.code, ...error.internal } : {}),
    message: error.message,
    ...(isGatewayError(error) ? {} : { stack: frames.slice(0, 20).map((line) => line.trim()) }),
    ...(causes.length > 0 ? { causes } : {}),
  };
}

function nameAndCode(error: Error): string {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && /^\w{1,64}$/.test(code) ? `${error.name} (${code})` : error.name;
}

/** JSON escapes line feeds; some readers break lines at these too. */
function oneLine(text: string): string {
  return text.replace(/[\u0085\u2028\u2029]/g, ' ');
}

function oneLineDeep(value: unknown): unknown {
  if (typeof value === 'string') return oneLine(value);
  if (Array.isArray(value)) return value.map(oneLineDeep);
  if (typeof value !== 'object' || value === null || 'toJSON' in value) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [oneLine(key), oneLineDeep(member)]),
  );
}
