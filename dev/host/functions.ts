import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import type { Context } from 'aws-lambda';
import type { FunctionDeclaration } from './declared.ts';

export type FunctionHandler = (event: never, context: Context) => unknown;

/** The function was still running at its time limit. Lambda would stop it; this process cannot. */
export class FunctionTimedOut extends Error {
  override readonly name = 'FunctionTimedOut';
}

class UnknownFunction extends Error {
  override readonly name = 'UnknownFunction';
}

/** Short name of the function that the current code runs for: they share a process, but no role on AWS. */
export const runningFunction = new AsyncLocalStorage<string>();

export interface Functions {
  /** By short (`proxy`) or deployed name (`gatehouse-local-proxy`). Rejects with what the handler threw. */
  invoke(name: string, event: unknown): Promise<unknown>;
  has(name: string): boolean;
}

/** Functions of this process behind Lambda's calling convention, with its time limit. */
export function functionSet(
  declared: FunctionDeclaration[],
  handlers: Readonly<Record<string, FunctionHandler>>,
): Functions {
  const byName = new Map<string, { declaration: FunctionDeclaration; handler: FunctionHandler }>();
  for (const declaration of declared) {
    const handler = handlers[declaration.name];
    if (!handler) continue;
    byName.set(declaration.name, { declaration, handler });
    byName.set(declaration.deployedName, { declaration, handler });
  }
  return {
    has: (name) => byName.has(name),
    invoke: async (name, event) => {
      const found = byName.get(name);
      if (!found) throw new UnknownFunction(`Function ${name} not found.`);
      const { declaration, handler } = found;
      return withinLimit(declaration, async () =>
        runningFunction.run(declaration.name, () => handler(event as never, contextOf(declaration))),
      );
    },
  };
}

/** Imports the handlers that `serverless.yml` names. Their modules read the environment: set it first. */
export async function loadHandlers(
  declared: FunctionDeclaration[],
  root: URL = new URL('../../', import.meta.url),
): Promise<Record<string, FunctionHandler>> {
  const loaded = declared.map(async ({ name, module, export: exported }) => {
    const namespace = (await import(new URL(`${module}.ts`, root).href)) as Record<string, unknown>;
    const handler = namespace[exported];
    if (typeof handler !== 'function') throw new Error(`${module}.ts exports no function ${exported}`);
    return [name, handler as FunctionHandler] as const;
  });
  return Object.fromEntries(await Promise.all(loaded));
}

function withinLimit(declaration: FunctionDeclaration, run: () => Promise<unknown>): Promise<unknown> {
  const limit = declaration.timeoutSeconds;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new FunctionTimedOut(`${declaration.name} ran into its limit of ${limit} s`)),
      limit * 1000,
    );
    run()
      .then(resolve, reject)
      .finally(() => clearTimeout(timer))
      .catch(() => undefined);
  });
}

function contextOf({ name, deployedName, timeoutSeconds }: FunctionDeclaration): Context {
  const end = performance.now() + timeoutSeconds * 1000;
  return {
    callbackWaitsForEmptyEventLoop: false,
    functionName: deployedName,
    functionVersion: '$LATEST',
    invokedFunctionArn: `arn:aws:lambda:local:000000000000:function:${deployedName}`,
    memoryLimitInMB: '1024',
    awsRequestId: randomUUID(),
    logGroupName: `/aws/lambda/${deployedName}`,
    logStreamName: name,
    getRemainingTimeInMillis: () => Math.max(0, Math.floor(end - performance.now())),
    done: () => undefined,
    fail: () => undefined,
    succeed: () => undefined,
  };
}
