import { markOf, ONE_ACCOUNT } from '../../lib/access/credentials/credentials.ts';
import type { AccountList } from '../../lib/access/credentials/credentials.ts';
import { NO_CREDENTIALS } from '../../lib/access/credentials/refusals.ts';
import { parseQuery } from '../../lib/api/input.ts';
import { json } from '../../lib/api/message.ts';
import type { ApiRequest } from '../../lib/api/message.ts';
import { AccountQuery } from '../../lib/api/schemas.ts';
import { subjectOf } from '../../lib/definition/account.ts';
import type { AccountService } from '../../lib/definition/service.ts';
import { asPlatform } from '../../lib/platforms/definition.ts';
import { KEEPALIVE_FAILED } from '../../lib/platforms/session/keepalive.ts';
import { resolveNeedsPerson } from '../../lib/platforms/session/needs-person.ts';
import type { RegisteredService } from '../../lib/registry/definition.ts';
import { GatewayError, isGatewayError } from '../../lib/runtime/errors.ts';
import { invalid } from '../../lib/runtime/field-errors.ts';
import type { AdminDeps, AdminHandlers } from './handlers.ts';

type Account = AccountService<RegisteredService['definition']>;

export async function requireService({ registry }: AdminDeps, code: string): Promise<RegisteredService> {
  const service = await registry.get(code);
  if (service) return service;
  throw new GatewayError('NOT_FOUND', `Service ${code} was not found.`);
}

/** Those that `?account=` means: the one it names, or all. A service with one account is itself that one. */
export async function accountsOf(request: ApiRequest, deps: AdminDeps): Promise<Account[]> {
  const service = await requireService(deps, request.params['code']!);
  const { account: asked } = parseQuery(AccountQuery, request);
  const { code } = service.definition;
  const { list } = await deps.credentials.accounts(code).catch((error: unknown) => {
    // Credentials that nobody can read are those of no account; what was counted can still be lifted.
    if (isGatewayError(error, 'CONFIGURATION_ERROR')) return ONE_ACCOUNT;
    throw error;
  });
  if (list.length === 0 && asked !== undefined)
    throw invalid('account', `is refused: ${code} has one account`);
  if (list.length === 0) return [service];
  const named = list.filter(({ name }) => asked === undefined || name === asked);
  if (named.length === 0) throw invalid('account', `is no account of ${code}`);
  return named.map(({ name }) => ({ ...service, account: name }));
}

/** The one that is meant. */
export async function accountOf(request: ApiRequest, deps: AdminDeps): Promise<Account> {
  const [first, ...others] = await accountsOf(request, deps);
  if (others.length === 0) return first!;
  const names = [first!, ...others].map(({ account }) => account).join(', ');
  throw invalid('account', `is required: one of ${names}`);
}

export const accounts = {
  async listAccounts(request, deps) {
    const all = await accountsOf({ ...request, query: '' }, deps);
    const uses = await usesOf(all, deps);
    const items = await Promise.all(
      all.map(async (service, index) => ({
        account: service.account ?? null,
        ...(await stateOf(service, deps)),
        uses: uses[index]!,
      })),
    );
    return json(200, { items });
  },
} satisfies Partial<AdminHandlers>;

/**
 * What was counted against accounts that new credentials no longer name: nobody can lift it any more, and its alerts
 * would stay up. Never rejects.
 */
export async function forgetGone(
  service: RegisteredService,
  before: AccountList,
  { credentials, sessionOperator, refusals, alerts }: AdminDeps,
): Promise<void> {
  const namesOf = ({ list }: AccountList): (string | undefined)[] =>
    list.length === 0 ? [undefined] : list.map(({ name }) => name);
  const after = namesOf(await credentials.accounts(service.definition.code).catch(() => before));
  const gone = namesOf(before).filter((name) => !after.includes(name));
  const platform = asPlatform(service);
  await Promise.allSettled(
    gone.flatMap((account) => {
      const subject = subjectOf(service.definition.code, account);
      return [
        platform ? sessionOperator.unlock({ ...platform, account }) : refusals.unlock(subject),
        alerts.resolve(KEEPALIVE_FAILED, subject),
        ...(platform ? [resolveNeedsPerson(alerts, { ...platform, account })] : []),
      ];
    }),
  );
}

async function usesOf(services: Account[], { accountUses, credentials }: AdminDeps): Promise<number[]> {
  const { code } = services[0]!.definition;
  const names = services.flatMap(({ account }) => account ?? []);
  if (names.length > 0) return accountUses(code, names);
  const versions = await credentials.describe(code);
  return [versions.reduce((uses, { useCount }) => uses + useCount, 0)];
}

async function stateOf(service: Account, { sessionOperator, refusals, credentials }: AdminDeps) {
  const platform = asPlatform(service);
  if (platform) {
    const { state, main, lockout } = await sessionOperator.show(platform);
    return {
      session: { state, expiresAt: main?.expiresAt ?? null },
      lockout: { lockedUntil: lockout.lockedUntil },
    };
  }
  const { code } = service.definition;
  const current = await credentials.current(code, service.account).catch(() => undefined);
  const until = await refusals.pausedUntil(
    subjectOf(code, service.account),
    current ? markOf(current) : NO_CREDENTIALS,
  );
  return {
    session: null,
    lockout: { lockedUntil: until === undefined ? null : new Date(until).toISOString() },
  };
}
