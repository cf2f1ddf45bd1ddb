/** Permissions and public entry points (FAULTS D1). */
import { asList, asText, at, ofType, referenced } from './template.ts';
import type { Fault, Template } from './template.ts';

/** Every route without an authorizer, by name: a new one is added here on purpose or not at all. */
export const PUBLIC_ROUTES = [
  'POST /v1/session',
  'GET /',
  'GET /health',
  'GET /v1/openapi.json',
  'GET /docs',
  'GET /docs/scalar.js',
  'POST /webhook/{path}',
  'POST /webhook/{path}/{action}',
];

/** AWS's own policies that functions may carry. Tracing has no resource that could be named. */
const MANAGED_POLICIES = [/^arn:\$\{AWS::Partition\}:iam::aws:policy\/AWSXRayDaemonWriteAccess$/];

/** Third parties' credentials are made at run time under this stage's own prefix; nothing else is a pattern. */
const PATTERNS = [
  /^arn:\$\{AWS::Partition\}:secretsmanager:\$\{AWS::Region\}:\$\{AWS::AccountId\}:secret:gatehouse\/[a-z0-9-]+\/\*$/,
];

const IDENTITY_POLICIES = ['AWS::IAM::Role', 'AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy'];

export function checkSafety(template: Template): Fault[] {
  return [
    ...checkPolicies(template),
    ...checkRoutes(template),
    ...checkAuthorizers(template),
    ...checkOtherEntryPoints(template),
  ];
}

function checkPolicies(template: Template): Fault[] {
  const faults: Fault[] = [];
  for (const type of IDENTITY_POLICIES) {
    for (const [where, { Properties: role }] of ofType(template, type)) {
      const documents = [
        role['PolicyDocument'],
        ...asList(role['Policies']).map((p) => at(p, 'PolicyDocument')),
      ];
      for (const statement of documents.flatMap((document) => asList(at(document, 'Statement')))) {
        faults.push(...checkStatement(where, statement));
      }
      for (const arn of asList(role['ManagedPolicyArns']).map(asText)) {
        if (!MANAGED_POLICIES.some((known) => known.test(arn)))
          faults.push({ where, what: `carries ${arn}` });
      }
      for (const statement of asList(at(role, 'AssumeRolePolicyDocument', 'Statement'))) {
        if (at(statement, 'Principal', 'Service') !== 'lambda.amazonaws.com') {
          faults.push({ where, what: 'may be assumed by something else than Lambda' });
        }
      }
    }
  }
  return faults;
}

function checkStatement(where: string, statement: unknown): Fault[] {
  if (at(statement, 'Effect') === 'Deny') return [];
  const faults: Fault[] = [];
  if (at(statement, 'NotAction') !== undefined || at(statement, 'NotResource') !== undefined) {
    faults.push({ where, what: 'allows everything but something' });
  }
  for (const action of asList(at(statement, 'Action')).map(asText)) {
    if (/[*?]/.test(action)) faults.push({ where, what: `allows the wildcard action ${action}` });
  }
  for (const resource of asList(at(statement, 'Resource')).map(asText)) {
    if (/[*?]/.test(resource) && !PATTERNS.some((known) => known.test(resource))) {
      faults.push({ where, what: `allows the wildcard resource ${resource}` });
    }
  }
  return faults;
}

function checkRoutes(template: Template): Fault[] {
  const faults: Fault[] = [];
  const open = new Set<string>();
  for (const [where, { Properties: route }] of ofType(template, 'AWS::ApiGatewayV2::Route')) {
    const key = String(route['RouteKey']);
    const authorizer = template.Resources[referenced(route['AuthorizerId']) ?? ''];
    const guarded =
      route['AuthorizationType'] === 'CUSTOM' && authorizer?.Type === 'AWS::ApiGatewayV2::Authorizer';
    if (guarded) continue;
    open.add(key);
    if (!PUBLIC_ROUTES.includes(key)) faults.push({ where, what: `${key} is public and not on the list` });
    const limits = ofType(template, 'AWS::ApiGatewayV2::Stage').map(([, stage]) =>
      at(stage.Properties, 'RouteSettings', key, 'ThrottlingRateLimit'),
    );
    if (!limits.some((limit) => typeof limit === 'number' && limit > 0)) {
      faults.push({ where, what: `${key} is public and not throttled` });
    }
  }
  for (const key of PUBLIC_ROUTES) {
    if (!open.has(key))
      faults.push({ where: 'PUBLIC_ROUTES', what: `${key} is listed but not a public route` });
  }
  return faults;
}

/**
 * Asked about every request: with an identity source, API Gateway itself would refuse one with a cookie and no
 * `Authorization`; with a cache, what was revoked would live on.
 */
function checkAuthorizers(template: Template): Fault[] {
  return ofType(template, 'AWS::ApiGatewayV2::Authorizer').flatMap(([where, { Properties: authorizer }]) => [
    ...(asList(authorizer['IdentitySource']).length > 0
      ? [{ where, what: 'is not asked about requests without its identity source' }]
      : []),
    ...(authorizer['AuthorizerResultTtlInSeconds'] === 0 ? [] : [{ where, what: 'caches its answers' }]),
  ]);
}

/** Entry points beside the routes: function URLs, resource policies for everyone. */
function checkOtherEntryPoints(template: Template): Fault[] {
  const faults: Fault[] = [];
  for (const [where, { Type, Properties: properties }] of Object.entries(template.Resources)) {
    if (Type === 'AWS::Lambda::Url') faults.push({ where, what: 'is a function URL, past the API' });
    if (Type === 'AWS::Lambda::Permission' && properties['Principal'] === '*') {
      faults.push({ where, what: 'allows everyone to invoke' });
    }
    for (const statement of asList(at(properties, 'PolicyDocument', 'Statement'))) {
      const principal = at(statement, 'Principal');
      const everybody = principal === '*' || at(principal, 'AWS') === '*';
      if (everybody && at(statement, 'Effect') !== 'Deny') faults.push({ where, what: 'allows everyone' });
    }
  }
  return faults;
}
