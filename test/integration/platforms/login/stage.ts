/** A login runner on real stores and sockets, with the platform and the solver scripted by the test. */
import { randomBytes } from 'node:crypto';
import type { Alerts } from '../../../../lib/watch/alerts/alerts.ts';
import type { SolverTransport } from '../../../../lib/platforms/captcha/solver-transport.ts';
import { createHitRates } from '../../../../lib/platforms/captcha/hit-rate.ts';
import { createCaptchaSolvers } from '../../../../lib/platforms/captcha/solvers.ts';
import type { CredentialStore, Credentials } from '../../../../lib/access/credentials/credentials.ts';
import { GatewayError } from '../../../../lib/runtime/errors.ts';
import { createTransport } from '../../../../lib/vendors/http/undici-transport.ts';
import type { LoginStep } from '../../../../lib/platforms/login/login.ts';
import { createLoginRunner } from '../../../../lib/platforms/login/login-runner.ts';
import { createOneTimeCodes } from '../../../../lib/platforms/login/one-time-codes.ts';
import { createLoginRecorder } from '../../../../lib/platforms/login/recorder.ts';
import { Definition } from '../../../../lib/registry/definition.ts';
import type { DefinitionInput, RegisteredService } from '../../../../lib/registry/definition.ts';
import { asPlatform } from '../../../../lib/platforms/definition.ts';
import type { ServiceCatalog } from '../../../../lib/registry/registry.ts';
import { systemClock } from '../../../../lib/runtime/clock.ts';
import type { Clock } from '../../../../lib/runtime/clock.ts';
import { systemRandom } from '../../../../lib/runtime/random.ts';
import { cursors } from '../../../cursors.ts';
import { openStores } from '../../../stores.ts';
import { PNG, startThirdParty } from './third-party.ts';
import type { Asked, Said, Script, ThirdParty } from './third-party.ts';

export const SOLVER_ACCOUNT = { username: 'cjyuser', password: 'cjy-secret-pass', softwareId: '96001' };
export const ACCOUNT = { userNo: 'U-20077', username: '王小明', password: 'p@ss&密码"7' };

export const reply = (fields: object): Said => ({ body: JSON.stringify(fields) });
/** What Chaojiying says to a picture it could read. */
export const solved = (text: string, picId: string = '9160109360600112681'): Said =>
  reply({ err_no: 0, err_str: 'OK', pic_id: picId, pic_str: text, md5: 'x' });

export async function openStage() {
  const stores = await openStores();
  const transport = createTransport({ isLocal: true });
  const open: { close(): Promise<void> }[] = [];
  const services = new Map<string, RegisteredService>();
  const accounts = new Map<string, Credentials>();
  const raised: string[] = [];
  const resolved: string[] = [];
  const forgotten: string[] = [];
  const used: string[] = [];

  const catalog: ServiceCatalog<RegisteredService> = {
    find: (code) => {
      const found = services.get(code);
      return found ? Promise.resolve(found) : Promise.reject(new GatewayError('NOT_FOUND', code));
    },
    list: () => Promise.resolve([...services.values()]),
    forget: () => {},
  };
  const alerts: Alerts = {
    raise: (alert) => (raised.push(`${alert.kind} ${alert.subject}`), Promise.resolve()),
    resolve: (kind, subject) => (resolved.push(`${kind} ${subject}`), Promise.resolve()),
  };
  const credentials = {
    current: (code: string) => {
      const values = accounts.get(code);
      if (!values)
        return Promise.reject(new GatewayError('CONFIGURATION_ERROR', `${code} has no credentials.`));
      return Promise.resolve({ versionId: 'v1', values });
    },
    used: (code: string, version: string) => void used.push(`${code} ${version}`),
    forget: (code: string) => void forgotten.push(code),
  } as unknown as CredentialStore;
  const solverTransport: SolverTransport = (_service, { operation: _operation, ...request }, deadline) =>
    transport.send({ ...request, deadline });

  function register(definition: DefinitionInput, account: Credentials): RegisteredService {
    const at = new Date(0).toISOString();
    const service = { definition: Definition.parse(definition), revision: 1, createdAt: at, updatedAt: at };
    services.set(definition.code, service);
    accounts.set(definition.code, account);
    return service;
  }

  async function start(script: Script): Promise<ThirdParty> {
    const party = await startThirdParty(script);
    open.push(party);
    return party;
  }

  /** A solver under a code of its own: Redis keys are shared between test files. */
  async function startSolver(script: Script, settings: Record<string, number> = {}, timeoutSeconds = 5) {
    const code = `CJY_${randomBytes(4).toString('hex').toUpperCase()}`;
    const party = await start((asked) => {
      if (asked.path === '/Upload/GetScore.php') return reply({ err_no: 0, err_str: 'OK', tifen: 5_000 });
      if (asked.path === '/Upload/ReportError.php') return reply({ err_no: 0, err_str: 'OK' });
      return script(asked);
    });
    register(
      { code, name: code, baseUrl: party.url, auth: { type: 'CHAOJIYING' }, settings, timeoutSeconds },
      SOLVER_ACCOUNT,
    );
    return { code, party };
  }

  function runner(clock: Clock = systemClock) {
    const { redis, documents } = stores;
    const shared = { redis, clock, random: systemRandom, credentials };
    const solvers = createCaptchaSolvers({ ...shared, catalog, solverTransport, alerts });
    const { records: table } = stores.names.tables;
    const recorder = createLoginRecorder({ documents, table, cursors, clock });
    const hitRates = createHitRates({ redis, clock });
    const oneTimeCodes = createOneTimeCodes(redis);
    return {
      login: createLoginRunner({
        ...shared,
        transport,
        solvers,
        questions: solvers.questions,
        recorder,
        hitRates,
        oneTimeCodes,
      }),
      solvers,
      recorder,
    };
  }

  return {
    stores,
    alerts: { raised, resolved },
    forgotten,
    used,
    catalog,
    credentials,
    solverTransport,
    register,
    start,
    startSolver,
    runner,
    /** Runs one login; steps are collected whether it succeeds or not. */
    run: async (service: RegisteredService, { seconds = 20, clock = systemClock } = {}) => {
      const steps: LoginStep[] = [];
      const deadline = { at: clock.now() + seconds * 1_000 };
      const { login, recorder } = runner(clock);
      const outcome = await login
        .run({
          service: asPlatform(service)!,
          trigger: 'call',
          deadline,
          onStep: (step) => void steps.push(step),
        })
        .then(
          (result) => ({ result, error: undefined }),
          (error: GatewayError) => ({ result: undefined, error }),
        );
      return { ...outcome, steps, recorder };
    },
    close: async () => {
      await Promise.all(open.map((party) => party.close()));
      await transport.close();
      await stores.close();
    },
  };
}

export type Stage = Awaited<ReturnType<typeof openStage>>;

/** The captcha of a platform: a picture and the cookie that ties it to the visitor. */
export const picture = ({ nth }: Asked): Said => ({
  headers: { 'content-type': 'image/png', 'set-cookie': `PHPSESSID=sess-visit-${nth}-abcdef; path=/` },
  body: PNG,
});

const uniqueCode = () => `PLATFORM_${randomBytes(4).toString('hex').toUpperCase()}`;

/** The work-order platform of SPEC 5, reduced to its login. */
export function workOrder(
  baseUrl: string,
  solvers: string[],
  changes: Partial<NonNullable<Extract<DefinitionInput['auth'], { type: 'SESSION' }>['login']>> = {},
): DefinitionInput {
  return {
    code: uniqueCode(),
    name: '市中心工单系统',
    baseUrl,
    timeoutSeconds: 3,
    defaultHeaders: { 'User-Agent': 'Mozilla/5.0 (Gatehouse test)' },
    auth: {
      type: 'SESSION',
      charset: 'gbk',
      login: {
        captcha: { path: '/img.php', cacheBuster: 't', codetype: 4004, solvers, maxAttempts: 3 },
        submit: {
          path: '/user_login.php',
          fields: {
            user_no: '{{credentials.userNo}}',
            username: '{{credentials.username}}',
            password: '{{credentials.password}}',
            captcha: '{{captcha.text}}',
          },
        },
        success: { status: 302, location: { includes: 'main.php' } },
        failures: [
          { when: { text: { includes: '验证码' } }, error: 'CAPTCHA_FAILED' },
          { when: { text: { includes: '密码' } }, error: 'AUTHENTICATION_FAILED' },
        ],
        ...changes,
      },
    },
  };
}
