import { json, noContent } from '../../lib/api/message.ts';
import { parseBody, parseQuery } from '../../lib/api/input.ts';
import { problemOf } from '../../lib/api/problem.ts';
import { LoginRequest, PageQuery } from '../../lib/api/schemas.ts';
import { GatewayError, isGatewayError } from '../../lib/runtime/errors.ts';
import { subjectOf } from '../../lib/definition/account.ts';
import type { AccountService } from '../../lib/definition/service.ts';
import type { LoginStep } from '../../lib/platforms/login/login.ts';
import { asPlatform } from '../../lib/platforms/definition.ts';
import type { PlatformService } from '../../lib/platforms/definition.ts';
import { SessionImport } from '../../lib/platforms/session/import-input.ts';
import { omitUndefined } from '../../lib/runtime/omit-undefined.ts';
import type { RegisteredService } from '../../lib/registry/definition.ts';
import type { ApiRequest } from '../../lib/api/message.ts';
import type { AdminDeps, AdminHandlers } from './handlers.ts';
import { accountOf, accountsOf, requireService } from './accounts.ts';
import { imageResponse } from './image.ts';

function requirePlatform(service: AccountService<RegisteredService['definition']>): PlatformService {
  const found = asPlatform(service);
  if (found) return found;
  const { code, auth } = service.definition;
  throw new GatewayError('NOT_FOUND', `${code} has no session: its auth type is ${auth.type}.`);
}

const sessionPath = ({ params }: ApiRequest) => `services/${params['code']}/session`;

/** `services/CODE/session`, of one of several accounts `services/CODE/session/north`. */
const targetOf = ({ definition, account }: PlatformService) =>
  ['services', definition.code, 'session', ...(account === undefined ? [] : [account])].join('/');

/** Of several accounts, which; of the only one nothing is to be said. */
function namesOf(services: readonly { account?: string | undefined }[]) {
  const accounts = services.flatMap(({ account }) => account ?? []);
  return accounts.length === 0 ? undefined : { accounts };
}

function unlock(service: AccountService<RegisteredService['definition']>, deps: AdminDeps): Promise<void> {
  const platform = asPlatform(service);
  // Without a session, what is paused is the sending of the credentials.
  const subject = subjectOf(service.definition.code, service.account);
  return platform ? deps.sessionOperator.unlock(platform) : deps.refusals.unlock(subject);
}

export const sessions = {
  async getSession(request, deps) {
    return json(200, await deps.sessionOperator.show(requirePlatform(await accountOf(request, deps))));
  },

  async importSession(request, deps) {
    const service = requirePlatform(await accountOf(request, deps));
    const { clock, logins, random, sessionOperator, audited } = deps;
    const input = parseBody(SessionImport, request);
    const startedAt = clock.now();
    const after = { imported: Object.keys(input) };
    const view = await audited({ target: targetOf(service), after }, () =>
      sessionOperator.importSession(service, input),
    );
    const id = random.id(startedAt);
    await logins.record({
      ...omitUndefined({ account: service.account }),
      id,
      loginId: id,
      attempt: 1,
      service: service.definition.code,
      at: new Date(startedAt).toISOString(),
      trigger: 'import',
      verdict: 'SUCCESS',
      durationMs: clock.now() - startedAt,
      durations: {},
      credentialVersionId: '',
    });
    return json(200, view);
  },

  /** A failed login is a result, not a failure of the request: it is reported with its steps. */
  async loginSession(request, deps) {
    const service = requirePlatform(await accountOf(request, deps));
    const { dryRun } = parseBody(LoginRequest, request);
    const { deadline, requestId } = request;
    const steps: LoginStep[] = [];
    try {
      if (!dryRun) {
        const logIn = () => deps.sessionOperator.loginNow(service, { deadline });
        const target = `${targetOf(service)}/login`;
        return json(200, { success: true, ...(await deps.audited({ target }, logIn)) });
      }
      const onStep = (step: LoginStep) => void steps.push(step);
      const loginInfo = await deps.sessionOperator.dryRun(service, { deadline, onStep });
      return json(200, { success: true, steps, loginInfo });
    } catch (error) {
      if (!isGatewayError(error)) throw error;
      return json(200, { success: false, steps, error: problemOf(error, requestId) });
    }
  },

  async invalidateSession(request, deps) {
    const services = (await accountsOf(request, deps)).map(requirePlatform);
    await deps.audited({ target: `${sessionPath(request)}/invalidate`, after: namesOf(services) }, () =>
      Promise.all(services.map((service) => deps.sessionOperator.invalidate(service))),
    );
    return noContent();
  },

  async unlockSession(request, deps) {
    const services = await accountsOf(request, deps);
    await deps.audited({ target: `${sessionPath(request)}/unlock`, after: namesOf(services) }, () =>
      Promise.all(services.map((service) => unlock(service, deps))),
    );
    return noContent();
  },

  async listLogins(request, deps) {
    const { definition } = requirePlatform(await requireService(deps, request.params['code']!));
    return json(200, await deps.logins.list(definition.code, omitUndefined(parseQuery(PageQuery, request))));
  },

  async getLoginImage({ params }, { logins }) {
    const image = await logins.image(params['code']!, params['id']!);
    if (!image) throw new GatewayError('NOT_FOUND', 'This login has no image.');
    return imageResponse(image.body, image.contentType);
  },
} satisfies Partial<AdminHandlers>;
