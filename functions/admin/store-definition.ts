import type { ApiRequest } from '../../lib/api/message.ts';
import type { RegisteredService } from '../../lib/registry/definition.ts';
import { differences } from '../../lib/registry/diff.ts';
import type { ServiceRegistry } from '../../lib/registry/registry.ts';
import { isGatewayError } from '../../lib/runtime/errors.ts';
import type { AdminDeps } from './handlers.ts';

type Deps = Pick<AdminDeps, 'registry' | 'catalog' | 'audited' | 'announceRevision'>;

/** Stores a document as the newest revision, its entry in the audit first, and tells every process. */
export async function storeDefinition(
  { principal }: Pick<ApiRequest, 'principal'>,
  { code, document, target = `services/${code}` }: { code: string; document: unknown; target?: string },
  deps: Deps,
  expectedRevision?: number,
): Promise<RegisteredService & { created: boolean }> {
  const { registry } = deps;
  const before = await readable(registry, code);
  const planned = await registry.check(code, document);
  if (planned.revision === before?.revision) return { ...planned, created: false };
  const put = () => registry.put(code, document, { by: principal.id, expectedRevision });
  const stored = await deps.audited({ target, ...changeOf(before, planned) }, put);
  await tell(code, stored.revision, deps);
  return stored;
}

/** Every process reads the definition anew. */
export async function tell(
  code: string,
  revision: number,
  { catalog, announceRevision }: Pick<AdminDeps, 'catalog' | 'announceRevision'>,
): Promise<void> {
  catalog.forget(code);
  await announceRevision(code, revision);
}

/** `undefined`: there is none, or its row cannot be read: that is no hindrance to replacing it. */
export async function readable(
  registry: Pick<ServiceRegistry, 'get'>,
  code: string,
): Promise<RegisteredService | undefined> {
  try {
    return await registry.get(code);
  } catch (error) {
    if (isGatewayError(error, 'CONFIGURATION_ERROR')) return undefined;
    throw error;
  }
}

/** Of a definition that was there, what differs. */
function changeOf(before: RegisteredService | undefined, after: RegisteredService) {
  if (!before) return { after: { revision: after.revision, ...after.definition } };
  const changed = differences(before.definition, after.definition);
  const side = (which: 'before' | 'after') =>
    Object.fromEntries(changed.map(({ path, [which]: value }) => [path, value ?? null]));
  return {
    before: { revision: before.revision, ...side('before') },
    after: { revision: after.revision, ...side('after') },
  };
}
