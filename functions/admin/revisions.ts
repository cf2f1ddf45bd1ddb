import { json } from '../../lib/api/message.ts';
import type { ApiRequest } from '../../lib/api/message.ts';
import { parse, parseQuery } from '../../lib/api/input.ts';
import { CheckQuery, DiffQuery, PageQuery, RevisionPath } from '../../lib/api/schemas.ts';
import { omitUndefined } from '../../lib/runtime/omit-undefined.ts';
import { invalid } from '../../lib/runtime/field-errors.ts';
import type { AdminHandlers } from './handlers.ts';
import { serviceView } from './services.ts';
import { storeDefinition } from './store-definition.ts';

/** Which one the path names. @throws GatewayError `VALIDATION_FAILED` */
function named({ params }: ApiRequest): [code: string, revision: number] {
  const { revision } = parse(RevisionPath, params);
  return [params['code']!, revision];
}

export const revisions = {
  async listRevisions(request, { revisions }) {
    const page = omitUndefined(parseQuery(PageQuery, request));
    return json(200, await revisions.list(request.params['code']!, page));
  },

  async getRevision(request, { revisions }) {
    const { revision, definition } = await revisions.get(...named(request));
    return json(200, { revision, definition });
  },

  async diffRevision(request, { revisions }) {
    const { against } = parseQuery(DiffQuery, request);
    return json(200, { items: await revisions.diff(...named(request), against) });
  },

  async rollBackService(request, deps) {
    const { registry, revisions } = deps;
    const [code, revision] = named(request);
    const { check } = parseQuery(CheckQuery, request);
    const { document } = await revisions.get(code, revision);
    if (document === undefined) throw invalid('revision', `${revision} is the deletion of ${code}`);
    if (check === 'true') return json(200, serviceView(await registry.check(code, document)));
    return json(200, serviceView(await storeDefinition(request, { code, document }, deps)));
  },
} satisfies Partial<AdminHandlers>;
