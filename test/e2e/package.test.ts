import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { inflateRawSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkTemplate } from '../../dev/check-template.ts';
import { Template } from '../../dev/template/template.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const run = promisify(execFile);

let folder: string;
let packaged: Template;

/** In a copy: the checkout's own package stays as it is. Without credentials, as CI has none. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-package-'));
  for (const name of ['functions', 'lib', 'dev', 'serverless.yml', 'package.json', 'tsconfig.json']) {
    cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  }
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  const { PATH = '' } = process.env;
  await run(
    process.execPath,
    [join(ROOT, 'node_modules/serverless/bin/serverless.js'), 'package', '--stage', 'prod'],
    {
      cwd: folder,
      // A bundle that fails leaves the bundler waiting: end it.
      timeout: 90_000,
      env: {
        PATH: `${join(ROOT, 'node_modules/.bin')}:${PATH}`,
        HOME: folder,
        SLS_NOTIFICATIONS_MODE: 'off',
      },
    },
  );
  const template = join(folder, '.serverless', 'cloudformation-template-update-stack.json');
  packaged = Template.parse(JSON.parse(readFileSync(template, 'utf8')));
}, 120_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The packaged template with one thing changed. */
async function faultsAfter(change: (resources: Record<string, Doctored>) => void): Promise<string[]> {
  const copy = structuredClone(packaged);
  change(copy.Resources);
  return (await checkTemplate(copy)).map(({ where, what }) => `${where}: ${what}`);
}

type Doctoring = [name: string, change: (resources: Record<string, Doctored>) => void, expected: RegExp];

/** Loose on purpose: these tests break things. */
interface Doctored {
  Type: string;
  Properties: Record<string, unknown>;
  DependsOn?: string | string[] | undefined;
  DeletionPolicy?: string | undefined;
}

const set = (target: object, key: string, value: unknown) => void Object.assign(target, { [key]: value });

function allow(resources: Record<string, Doctored>, statement: object): void {
  const policies = resources['ProxyRole']!.Properties['Policies'] as {
    PolicyDocument: { Statement: object[] };
  }[];
  policies[0]!.PolicyDocument.Statement.push({ Effect: 'Allow', ...statement });
}

describe('the template', () => {
  test('D1 as packaged it has no fault', async () => {
    expect(await faultsAfter(() => undefined)).toEqual([]);
  });

  const table = { 'Fn::GetAtt': ['RegistryTable', 'Arn'] };
  const DOCTORED: Doctoring[] = [
    [
      'D1 a wildcard resource',
      (r) => allow(r, { Action: 's3:GetObject', Resource: '*' }),
      /wildcard resource \*/,
    ],
    [
      'D1 a wildcard at the end of a name',
      (r) => allow(r, { Action: 'dynamodb:GetItem', Resource: [{ 'Fn::Sub': '${RegistryTable.Arn}*' }] }),
      /wildcard resource/,
    ],
    [
      'D1 a wildcard inside a join',
      (r) =>
        allow(r, { Action: 'sqs:SendMessage', Resource: { 'Fn::Join': [':', ['arn', 'aws', 'sqs', '*']] } }),
      /wildcard resource/,
    ],
    ['D1 a wildcard action', (r) => allow(r, { Action: ['dynamodb:*'], Resource: table }), /wildcard action/],
    ['D1 NotResource', (r) => allow(r, { Action: 'dynamodb:GetItem', NotResource: table }), /everything but/],
    [
      'D1 a managed policy',
      (r) =>
        set(r['AdminRole']!.Properties, 'ManagedPolicyArns', ['arn:aws:iam::aws:policy/AdministratorAccess']),
      /AdministratorAccess/,
    ],
    [
      'D1 a route that lost its authorizer',
      (r) => set(r['HttpApiRouteAnyV1AdminPathVar']!.Properties, 'AuthorizationType', 'NONE'),
      /ANY \/v1\/admin\/\{path\+\} is public/,
    ],
    [
      'D1 an unlisted public route',
      (r) =>
        set(r, 'Extra', {
          Type: 'AWS::ApiGatewayV2::Route',
          Properties: { ApiId: { Ref: 'HttpApi' }, RouteKey: 'GET /debug' },
        }),
      /GET \/debug is public and not on the list/,
    ],
    [
      'D1 an authorizer that is not there',
      (r) => set(r['HttpApiRoutePostV1ServicesCodeVarBatch']!.Properties, 'AuthorizerId', { Ref: 'Gone' }),
      /batch is public/,
    ],
    [
      'D1 an authorizer that is asked only where there is an Authorization header',
      (r) => set(r['HttpApiAuthorizerKeys']!.Properties, 'IdentitySource', ['$request.header.Authorization']),
      /HttpApiAuthorizerKeys: is not asked about requests without/,
    ],
    [
      'H14 an authorizer whose answers are cached',
      (r) => set(r['HttpApiAuthorizerKeys']!.Properties, 'AuthorizerResultTtlInSeconds', 60),
      /HttpApiAuthorizerKeys: caches its answers/,
    ],
    [
      'an unthrottled public route',
      (r) => set(r['HttpApiStage']!.Properties, 'RouteSettings', {}),
      /not throttled/,
    ],
    [
      'D1 a function URL',
      (r) =>
        set(r, 'Url', { Type: 'AWS::Lambda::Url', Properties: { AuthType: 'NONE', TargetFunctionArn: 'x' } }),
      /function URL/,
    ],
    [
      'a role that is shared',
      (r) => set(r['AdminLambdaFunction']!.Properties, 'Role', { 'Fn::GetAtt': ['ProxyRole', 'Arn'] }),
      /shares the role/,
    ],
    ['a log group without end', (r) => delete r['ProxyLogGroup']!.Properties['RetentionInDays'], /for ever/],
    [
      'a missing alarm',
      (r) => delete r['ProxyThrottlesAlarm'],
      /ProxyLambdaFunction: has no alarm on Throttles/,
    ],
    [
      'an alarm on slow runs that rings after the end',
      (r) => set(r['WebhookSlowAlarm']!.Properties, 'Threshold', 20_000),
      /WebhookLambdaFunction: has no alarm near its time limit/,
    ],
    [
      'an alarm that tells nobody',
      (r) => set(r['AdminErrorsAlarm']!.Properties, 'AlarmActions', []),
      /no alarm on Errors/,
    ],
    ['failures that are lost', (r) => delete r['KeepaliveLambdaEvConf'], /loses events that fail/],
    [
      'money without recovery',
      (r) => delete r['LedgerTable']!.Properties['PointInTimeRecoverySpecification'],
      /recovery/,
    ],
    [
      'W2 a table that blocks the next deployment',
      (r) => set(r['UsersTable']!, 'DeletionPolicy', 'Retain'),
      /UsersTable: stays when its creation is rolled back/,
    ],
    [
      'W2 a key that blocks the next deployment',
      (r) => set(r['SessionKeySecret']!, 'DeletionPolicy', 'Retain'),
      /SessionKeySecret: stays/,
    ],
    ['W2 money that goes with the stack', (r) => delete r['LedgerTable']!.DeletionPolicy, /with the stack/],
    [
      'W2 money that goes when its table is replaced',
      (r) => set(r['LedgerTable']!, 'UpdateReplacePolicy', 'Delete'),
      /LedgerTable: is deleted when it is replaced/,
    ],
    ...['Proxy', 'Webhook', 'Authorizer', 'Keepalive'].map((name): Doctoring => [
      `W6 concurrency that is not reserved: ${name}`,
      (r) => delete r[`${name}LambdaFunction`]!.Properties['ReservedConcurrentExecutions'],
      new RegExp(`${name}LambdaFunction: reserves no concurrency`),
    ]),
    [
      'W6 more concurrency than an account has',
      (r) => set(r['AdminLambdaFunction']!.Properties, 'ReservedConcurrentExecutions', 500),
      /functions: reserve \d+ of 900/,
    ],
    [
      'money without protection',
      (r) => set(r['LedgerTable']!.Properties, 'DeletionProtectionEnabled', false),
      /protection/,
    ],
    [
      'records that stay',
      (r) => delete r['RecordsTable']!.Properties['TimeToLiveSpecification'],
      /never expires/,
    ],
    [
      'a secret in plain text',
      (r) =>
        set(r['ProxyLambdaFunction']!.Properties, 'Environment', {
          Variables: { UPSTASH_REDIS_REST_TOKEN: 'AbC' },
        }),
      /UPSTASH_REDIS_REST_TOKEN in plain text/,
    ],
    [
      'an unknown type',
      (r) => set(r['DeadLetterQueue']!, 'Type', 'AWS::SQS::Queu'),
      /unknown resource type AWS::SQS::Queu/,
    ],
    [
      'an unknown property',
      (r) => set(r['DeadLetterQueue']!.Properties, 'Retention', 1),
      /Retention: unknown property/,
    ],
    [
      'an unknown nested property',
      (r) => set(r['LedgerTable']!.Properties, 'SSESpecification', { SSEEnabled: true, Kms: 1 }),
      /SSESpecification\.Kms: unknown property/,
    ],
    [
      'a required property left out',
      (r) => delete r['LedgerTable']!.Properties['KeySchema'],
      /KeySchema: is required/,
    ],
    [
      'a dangling Ref',
      (r) => set(r['AlarmTopic']!.Properties, 'TopicName', { Ref: 'Nobody' }),
      /refers to Nobody/,
    ],
    [
      'a dangling DependsOn',
      (r) => set(r['HttpApiStage']!, 'DependsOn', ['HttpApiRouteGone']),
      /HttpApiRouteGone/,
    ],
    [
      'a dangling Sub',
      (r) => set(r['Dashboard']!.Properties, 'DashboardBody', { 'Fn::Sub': '${Gone}' }),
      /refers to Gone/,
    ],
    [
      'an attribute that is not there',
      (r) => set(r['AlarmTopic']!.Properties, 'TopicName', { 'Fn::GetAtt': ['DeadLetterQueue', 'Url'] }),
      /no attribute Url/,
    ],
  ];
  test.each(DOCTORED)('%s fails the build', async (_name, change, expected) => {
    const faults = await faultsAfter(change);
    expect(faults.join('\n')).toMatch(expected);
  });
});

describe('the zips', () => {
  test.each(['proxy', 'admin', 'webhook', 'authorizer', 'keepalive'])(
    '%s imports on its own',
    async (name) => {
      const target = join(folder, 'unpacked', name);
      const files = unzip(readFileSync(join(folder, '.serverless', `${name}.zip`)));
      const file = `functions/${name}/handler.mjs`;
      const bundle = files.get(file);
      expect([...files.keys()]).toContain(file);
      unpack(files, target);
      expect(await runIn(target, `console.log(typeof (await import('./${file}')).handler)`)).toBe('function');
      expect(bundle!.toString('utf8')).not.toContain(ROOT);
      const assets = [...files.keys()].filter((path) => path.includes('/assets/'));
      expect(assets).toHaveLength(name === 'admin' ? 3 : 0);
    },
  );

  test('admin hands out what was generated at build time, and does not bundle what generates it', async () => {
    const target = join(folder, 'unpacked', 'assets');
    const files = unzip(readFileSync(join(folder, '.serverless', 'admin.zip')));
    unpack(files, target);
    const script = `
      const { handler } = await import('./functions/admin/handler.mjs');
      const context = { getRemainingTimeInMillis: () => 9_000 };
      for (const path of ['/v1/openapi.json', '/docs', '/docs/scalar.js']) {
        const { statusCode, headers, body, isBase64Encoded } = await handler({
          rawPath: path, rawQueryString: '', headers: { 'accept-encoding': 'gzip' },
          requestContext: { requestId: 'r', http: { method: 'GET', sourceIp: '127.0.0.1' } },
        }, context);
        console.log(statusCode, headers['content-type'], headers['content-encoding'] ?? '-',
          Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8').length);
      }`;
    const size = (name: string) => files.get(`functions/admin/assets/${name}`)!.length;
    const said = (await runIn(target, script)).split('\n');
    // Beside what the script prints, each request is a line of metrics.
    expect(said.filter((line) => !line.startsWith('{'))).toEqual([
      `200 application/json; charset=utf-8 - ${size('openapi.json')}`,
      `200 text/html; charset=utf-8 - ${size('docs.html')}`,
      `200 text/javascript; charset=utf-8 gzip ${size('scalar.js.gz')}`,
    ]);
    expect(size('scalar.js.gz') * (4 / 3)).toBeLessThan(6_000_000);
    const bundle = files.get('functions/admin/handler.mjs')!.toString('utf8');
    expect(bundle).not.toContain('data-configuration');
    expect(bundle).not.toContain('components/schemas');
  });
});

function unpack(files: Map<string, Buffer>, target: string): void {
  for (const [name, content] of files) {
    mkdirSync(dirname(join(target, name)), { recursive: true });
    writeFileSync(join(target, name), content);
  }
}

/** Far from any node_modules of ours, with the environment that Lambda would give. */
async function runIn(target: string, script: string): Promise<string> {
  const { stdout } = await run(
    process.execPath,
    ['--input-type=module', '-e', `${script}\nprocess.exit(0)`],
    {
      cwd: target,
      env: {
        GATEHOUSE_STAGE: 'prod',
        AWS_REGION: 'eu-west-1',
        UPSTASH_REDIS_REST_URL: 'https://redis.example',
        UPSTASH_REDIS_REST_TOKEN: 'none',
      },
    },
  );
  return stdout.trim();
}

/** Central directory, then each entry: enough of the format for what packaging writes. */
function unzip(zip: Buffer): Map<string, Buffer> {
  const end = zip.lastIndexOf(Buffer.from([0x50, 0x4b, 0x05, 0x06]));
  const files = new Map<string, Buffer>();
  let at = zip.readUInt32LE(end + 16);
  for (let n = zip.readUInt16LE(end + 10); n > 0; n -= 1) {
    const [method, size] = [zip.readUInt16LE(at + 10), zip.readUInt32LE(at + 20)];
    const [nameLength, extra, comment] = [28, 30, 32].map((offset) => zip.readUInt16LE(at + offset));
    const local = zip.readUInt32LE(at + 42);
    const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
    const data = zip.subarray(start, start + size);
    const name = zip.toString('utf8', at + 46, at + 46 + nameLength!);
    files.set(name, method === 0 ? data : inflateRawSync(data));
    at += 46 + nameLength! + extra! + comment!;
  }
  return files;
}
