/**
 * The requests that an operation would send, without sending one and without a login. Secrets are not masked afterwards:
 * templates are rendered with `{{credentials.token}}` standing for the token, so that none is ever in the text, and the
 * reader sees where it comes from.
 */
import { sentNames, stand, standingFor } from '../../definition/template/stand-ins.ts';
import { isGatewayError } from '../../runtime/errors.ts';
import { ONE_ACCOUNT } from '../../access/credentials/credentials.ts';
import type { CredentialStore } from '../../access/credentials/credentials.ts';
import type { AccountService } from '../../definition/service.ts';
import { isSealed, strategyOf } from '../../auth/strategies.ts';
import type { Authentication, StrategyDeps, WireRequest } from '../../auth/strategy.ts';
import { decodeText } from '../../text/charset.ts';
import { pageCharset } from '../../auth/authenticator.ts';
import { templatesIn } from '../../definition/template/fields.ts';
import { templatesOfHeaders } from '../../definition/template/headers.ts';
import { invalid } from '../../runtime/field-errors.ts';
import { ACCOUNT_HEADER } from '../accounts/account-choice.ts';
import { asPlatform } from '../../platforms/definition.ts';
import type { PlatformService } from '../../platforms/definition.ts';
import { renderSessionHeaders } from '../../platforms/cookies/session-cookies.ts';
import type { LiveSession } from '../../platforms/session/sessions.ts';
import { BROWSER_USER_AGENT } from '../../platforms/user-agent.ts';
import { momentOf } from '../../definition/template/scope.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Random } from '../../runtime/random.ts';
import { isSecretValue } from '../../text/redaction/names.ts';
import type { CallableService, Operation } from '../definition.ts';
import type { OperationDeps, OperationInput } from './operation.ts';
import { findOperation } from './operation.ts';
import { checkParams } from './params.ts';
import { operationRequest, stepRequest } from './request.ts';
import type { BuildRequest } from './request.ts';

export interface ExplainedRequest {
  /** The field of the definition that describes it. */
  of: string;
  method: string;
  url: string;
  headers: Record<string, string>;
  body?: string;
}

export interface Explained {
  requests: ExplainedRequest[];
  /** What is not seen in them, one sentence each. */
  notes: string[];
}

export interface ExplainDeps extends Pick<OperationDeps, 'catalog'> {
  credentials: CredentialStore;
  clock: Clock;
  random: Random;
  /** The session that calls would use now; `undefined`: a call would log in. Never logs in. */
  liveSession: (service: PlatformService) => Promise<LiveSession | undefined>;
}

export interface ExplainInput extends OperationInput {
  /** Of several: the one to show. Default: the first. */
  account?: string | undefined;
}

/** @throws GatewayError as a call would before it sends: `NOT_FOUND`, `VALIDATION_FAILED`, `CONFIGURATION_ERROR`. */
export async function explainOperation(input: ExplainInput, deps: ExplainDeps): Promise<Explained> {
  const { service: found, operation } = await findOperation(deps, input.service, input.operation);
  const params = checkParams(found, input.operation, operation, input.params);
  const notes: string[] = [];
  const service = await withAccount(found, input.account, deps, notes);
  const templates = templatesOf(service, operation);
  const credentials = await standInCredentials(service, templates, deps, notes);
  const rendering = { credentials, clock: deps.clock, random: deps.random };
  const auth = await authenticationOf(service, templates, { ...deps, credentials }, notes);
  const call = { service, operation, params };
  const before = Object.fromEntries(
    sentNames(templates, 'before').map((name) => [name, stand(`before.${name}`)]),
  );
  const requests: ExplainedRequest[] = [];
  const field = `operations.${input.operation}`;
  for (const [at, step] of operation.before.entries()) {
    const build = stepRequest(call, step, rendering);
    requests.push(shown(`${field}.before.${at}`, await signedBy(auth, build, before), auth, service));
  }
  requests.push(shown(field, await signedBy(auth, operationRequest(call, rendering), before), auth, service));
  return { requests, notes };
}

async function signedBy(
  auth: Authentication,
  build: BuildRequest,
  before: Record<string, unknown>,
): Promise<WireRequest> {
  const request = await build(auth, before);
  return auth.sign ? auth.sign(request) : request;
}

type Service = AccountService<CallableService['definition']>;

/** The account whose session and credentials are named. */
async function withAccount(
  service: CallableService,
  pinned: string | undefined,
  { credentials }: ExplainDeps,
  notes: string[],
): Promise<Service> {
  const { code } = service.definition;
  const { list } = await credentials.accounts(code).catch((error: unknown) => {
    if (isGatewayError(error, 'CONFIGURATION_ERROR')) return ONE_ACCOUNT;
    throw error;
  });
  if (pinned !== undefined && !list.some(({ name }) => name === pinned)) {
    throw invalid(ACCOUNT_HEADER, `is no account of ${code}`);
  }
  const account = pinned ?? list[0]?.name;
  if (account === undefined) return service;
  if (pinned === undefined && list.length > 1) {
    notes.push(
      `Shown for ${account}, one of ${list.length} accounts: a call takes the least used one that is fit.`,
    );
  }
  return { ...service, account };
}

function templatesOf({ definition }: Service, operation: Operation): string[] {
  const { auth, defaultHeaders } = definition;
  const ofAuth =
    auth.type === 'SESSION'
      ? templatesOfHeaders(auth.sessionHeaders)
      : templatesIn(auth as unknown as Parameters<typeof templatesIn>[0]).map(([, template]) => template);
  const ofRequests = [operation, ...operation.before].flatMap(
    ({ path, query = {}, headers, fields = {} }) => [
      path,
      ...[...templatesIn(query), ...templatesIn(fields)].map(([, template]) => template),
      ...templatesOfHeaders(headers),
    ],
  );
  return [...ofRequests, ...templatesOfHeaders(defaultHeaders), ...ofAuth];
}

/** Every credential stands for itself; those that are needed and not stored are told. */
async function standInCredentials(
  { definition: { code, auth }, account }: Service,
  templates: readonly string[],
  { credentials }: ExplainDeps,
  notes: string[],
): Promise<CredentialStore> {
  const stored: string[] = await credentials.current(code, account).then(
    ({ values }) => Object.keys(values),
    (error: unknown) => {
      if (isGatewayError(error, 'CONFIGURATION_ERROR')) return [];
      throw error;
    },
  );
  const needed = [...sentNames(templates, 'credentials'), ...(strategyOf(auth).credentials ?? [])];
  const missing = [...new Set(needed)].filter((name) => !stored.includes(name));
  if (missing.length > 0) {
    notes.push(`Not stored yet: ${missing.join(', ')} of the credentials. A call would fail.`);
  }
  const names = [...new Set([...stored, ...needed])];
  const values = Object.fromEntries(names.map((name) => [name, stand(`credentials.${name}`)]));
  const version = { versionId: '', values };
  return {
    ...credentials,
    current: async () => version,
    valid: async () => [version],
    used: () => undefined,
  };
}

async function authenticationOf(
  service: Service,
  templates: readonly string[],
  deps: ExplainDeps,
  notes: string[],
): Promise<Authentication> {
  const { auth } = service.definition;
  const platform = asPlatform(service);
  if (platform) return sessionStandIn(platform, templates, deps, notes);
  const strategy = strategyOf(auth);
  if (isSealed(auth)) {
    notes.push(
      `The body is shown as it is before ${auth.type} seals it: what is sent is the envelope, in the body or in the headers.`,
    );
    const seal = (plaintext: string) => ({
      body: Buffer.from(plaintext),
      contentType: 'application/json',
      headers: {},
    });
    return { headers: {}, sealing: { seal, open: async (answer) => answer } };
  }
  if (strategy.generationKey) {
    notes.push(`${auth.type} adds what its own session holds.`);
    return { headers: {} };
  }
  // What a strategy gets from elsewhere stands for itself too.
  const token = { accessToken: stand('token'), secrets: [] };
  const tokens = { acquire: async () => ({ token, origin: 'reused' }) };
  const strategyDeps = { ...deps, tokens } as unknown as StrategyDeps;
  const authentication = await strategy.authenticate(
    service,
    { deadline: { at: deps.clock.now() }, operation: '' },
    strategyDeps,
  );
  const signed = strategy.signs?.(auth);
  if (signed !== undefined) notes.push(`The signature is shown as ***. What is signed: ${signed}`);
  else if (authentication.sign) notes.push(`${auth.type} signs the request as it is shown here.`);
  return signed === undefined ? omitSign(authentication) : authentication;
}

const omitSign = ({ sign: _sign, ...rest }: Authentication): Authentication => rest;

async function sessionStandIn(
  service: PlatformService,
  templates: readonly string[],
  { liveSession, clock, credentials }: ExplainDeps,
  notes: string[],
): Promise<Authentication> {
  const { definition } = service;
  const live = await liveSession(service);
  if (!live) notes.push('There is no live session: a call would log in first. Its cookies are not shown.');
  const named = (root: 'cookie' | 'session') => sentNames(templates, root);
  const cookiesAt = (url: string) =>
    live
      ? live.cookies(url).map(([name]) => [name, stand(`cookie.${name}`)] as const)
      : named('cookie').map((name) => [name, stand(`cookie.${name}`)] as const);
  const values = live
    ? Object.fromEntries(
        Object.entries(live.values).map(([name, value]) => [
          name,
          isHarmless(name, value) ? value : stand(`session.${name}`),
        ]),
      )
    : Object.fromEntries(named('session').map((name) => [name, stand(`session.${name}`)]));
  const headers = renderSessionHeaders(definition, {
    cookie: Object.fromEntries(cookiesAt(definition.baseUrl)),
    session: values,
    credentials: (await credentials.current(definition.code, service.account)).values,
    now: momentOf(clock.now()),
  });
  return {
    headers,
    values,
    userAgent: BROWSER_USER_AGENT,
    cookies: cookiesAt,
    cookieHeader: (url) => {
      const pairs = live ? cookiesAt(url) : [];
      return pairs.length === 0 ? undefined : pairs.map(([name, value]) => `${name}=${value}`).join('; ');
    },
  };
}

/** Numbers and words that a login gave, as an id or a language. */
const isHarmless = (name: string, value: unknown): boolean =>
  typeof value === 'number' ||
  typeof value === 'boolean' ||
  (typeof value === 'string' && value.length < 64 && !isSecretValue(name, value) && !/csrf|xsrf/i.test(name));

function shown(
  of: string,
  { method, url, headers, body, secrets = [] }: WireRequest,
  auth: Authentication,
  service: Service,
): ExplainedRequest {
  // What filters and schemes made of credentials' names means nothing.
  const made = [...secrets, ...(auth.secrets ?? []), ...Object.values(auth.fields ?? {})];
  const readable = (text: string) => standingFor(text, made);
  const type = headers['content-type'];
  return {
    of,
    method,
    url: readable(url),
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, readable(value)])),
    ...(body ? { body: readable(decodeText(body, type, pageCharset(service))) } : {}),
  };
}
