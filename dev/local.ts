/** The whole product on 127.0.0.1: stores, sandbox, functions behind the host, definitions applied. */
import { names, readConfig } from '../lib/runtime/config.ts';
import { omitUndefined } from '../lib/runtime/omit-undefined.ts';
import { connectDocuments } from '../lib/vendors/dynamodb/documents.ts';
import { watchAlerts } from './alerts/watch-alerts.ts';
import type { AlertWatchOptions } from './alerts/watch-alerts.ts';
import { makeFirstUser } from './first-user.ts';
import type { FirstUser } from './first-user.ts';
import { readDeclared } from './host/declared.ts';
import { loadHandlers } from './host/functions.ts';
import { startHost } from './host/index.ts';
import type { Host } from './host/index.ts';
import { startStreams } from './host/streams.ts';
import { keepEnvironment } from './invoke/stack-environment.ts';
import { localToken } from './local-guard.ts';
import { localAdminKey } from './local-key.ts';
import { claimPort } from './port.ts';
import { readSandboxMemory, writeSandboxMemory } from './sandbox-memory.ts';
import { startSandbox } from './sandbox/index.ts';
import type { Sandbox } from './sandbox/index.ts';
import { applyShippedServices } from './shipped-services.ts';
import type { AwsTarget } from './stores/aws-json.ts';
import { freePort } from './stores/free-port.ts';
import { startStores } from './stores/index.ts';

export interface LocalOptions {
  /** 0: any free port. */
  port: number;
  /** `memory` keeps nothing. */
  dataDir: string;
  sandbox: boolean;
  adminKey?: string | undefined;
  /** Make somebody who may log in, where nobody may yet. Default: no. */
  firstUser?: boolean;
  /** Takes a line for a person when an alert fires or is resolved. Absent: nobody looks. */
  onAlert?: (line: string) => void;
  /** The shell's environment; the functions' environment is based on it. */
  env: Record<string, string | undefined>;
}

export interface LocalStack {
  url: string;
  adminKey: string;
  /** Where one was made. */
  firstUser: FirstUser | undefined;
  host: Host;
  sandbox: Sandbox | undefined;
  /** One line per thing that runs, for a person. */
  describe: string[];
  stop(): Promise<void>;
}

/**
 * Sets `process.env` for the functions, which run in this process: one stack per process.
 * @throws Error with a message for users (port taken, data directory in use, binary missing); nothing is left running.
 */
export async function startLocal(options: LocalOptions): Promise<LocalStack> {
  const { port, dataDir, env } = options;
  await claimPort(port);
  const stops: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const step of stops.splice(0).toReversed()) await step();
  };
  try {
    const stores = await startStores({ dataDir, env: { ...env, GATEHOUSE_STAGE: 'local' } });
    stops.push(() => stores.stop());
    const adminKey = localAdminKey(dataDir, options.adminKey);
    const invocationPort = await freePort();
    const invocationToken = localToken();
    const functionsEnv = {
      ...stores.env,
      GATEHOUSE_STAGE: 'local',
      GATEHOUSE_ADMIN_KEY: adminKey,
      AWS_ENDPOINT_URL_LAMBDA: `http://127.0.0.1:${invocationPort}/${invocationToken}`,
      LOG_LEVEL: env['LOG_LEVEL'] || 'WARN',
    };
    Object.assign(process.env, functionsEnv);
    const declared = readDeclared({ stage: 'local', env });
    const handlers = await loadHandlers(declared.functions);
    const host = await startHost({ declared, handlers, port, invocationPort, invocationToken });
    stops.push(() => host.stop());
    const streams = startStreams(declared.functions, {
      target: targetOf(functionsEnv),
      dataDir: dataDir === 'memory' ? undefined : dataDir,
      invoke: (name, event) => host.functions.invoke(name, event),
      onFailure: host.failed,
    });
    stops.push(() => streams.stop());
    stops.push(keepEnvironment(dataDir, functionsEnv));
    if (options.onAlert) stops.push(watchAlerts(alertsOf(functionsEnv, options.onAlert)));
    const firstUser = options.firstUser ? await makeFirstUser(host.url, adminKey) : undefined;
    const sandbox = options.sandbox ? await prepareSandbox(dataDir, host.url, adminKey, stops) : undefined;
    return {
      url: host.url,
      adminKey,
      firstUser,
      host,
      sandbox,
      describe: [...stores.describe, ...(sandbox?.describe ?? [])],
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function targetOf(env: Record<string, string>): AwsTarget {
  const { region, endpoints } = readConfig(env);
  return { endpoint: endpoints.dynamodb!, region, accessKeyId: env['AWS_ACCESS_KEY_ID']! };
}

function alertsOf(env: Record<string, string>, tell: (line: string) => void): AlertWatchOptions {
  const { stage, region, endpoints } = readConfig(env);
  const documents = connectDocuments(omitUndefined({ region, endpoint: endpoints.dynamodb }));
  return { documents, table: names(stage).tables.records, tell };
}

/** On the ports of the last start where they are free; otherwise the definitions are updated. */
async function prepareSandbox(
  dataDir: string,
  url: string,
  adminKey: string,
  stops: (() => Promise<void>)[],
): Promise<Sandbox> {
  const memory = readSandboxMemory(dataDir);
  const ports = Object.fromEntries(
    Object.entries(memory.baseUrls).map(([code, baseUrl]) => [code, Number(URL.parse(baseUrl)?.port)]),
  );
  const webhookUrl = `${url}/webhook/urs`;
  const sandbox = await startSandbox({ ports, webhookUrl }).catch(() => startSandbox({ webhookUrl }));
  stops.push(() => sandbox.stop());
  const { services, credentials, business } = sandbox;
  const kept = await applyShippedServices({ url, adminKey, services, credentials, memory });
  writeSandboxMemory(dataDir, { ...kept, baseUrls: { ...kept.baseUrls, BUSINESS: business.url } });
  return sandbox;
}
