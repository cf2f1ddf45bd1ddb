/**
 * Which way dependencies point (docs/builders/architecture.md). Type imports count: a room that names another's
 * types cannot be understood without it. `npm run check:imports`.
 */

/** The rooms of `lib`, from the ground up: a room imports only rooms before it. */
const ROOMS = [
  'runtime',
  'text',
  'vendors',
  'definition',
  'watch',
  'access',
  'events',
  'ledger',
  'referrals',
  'partners',
  'platforms',
  'auth',
  'calls',
  'registry',
  'api',
];

/** The one place where a vendor's package may be imported, types included. */
const VENDORS = [
  ['^@upstash/', 'lib/vendors/redis/'],
  ['^@aws-sdk/(client-dynamodb|lib-dynamodb|util-dynamodb)', 'lib/vendors/dynamodb/'],
  ['^@smithy/signature-v4', 'lib/vendors/aws-signature/'],
  ['^@smithy/(?!signature-v4)', 'lib/vendors/kept-alive/'],
  ['^@aws-sdk/client-secrets-manager', 'lib/vendors/secrets/'],
  ['^@aws-sdk/client-lambda', 'lib/vendors/lambda/'],
  ['^undici', 'lib/vendors/http/'],
  ['^@aws-lambda-powertools/', 'lib/vendors/log/'],
  ['^tough-cookie', 'lib/platforms/'],
  ['^(htmlparser2|css-select|dom(handler|utils))', 'lib/text/html/'],
  ['^csv-parse', 'lib/partners/reconcile/'],
  ['^re2js', 'lib/text/'],
  ['^iconv-lite', 'lib/text/'],
];

const DEPLOYED = '^(lib|functions|client)/';

/** How a package looks to the rules, whether it could be resolved or not. */
const packagePath = (pattern) => `(^|node_modules/)${pattern.replace(/^\^/, '')}`;

module.exports = {
  forbidden: [
    { name: 'no-circles', severity: 'error', from: { path: DEPLOYED }, to: { circular: true } },
    ...ROOMS.map((room, floor) => ({
      name: `${room}-stands-on-rooms-below`,
      severity: 'error',
      comment: `lib/${room} may import ${ROOMS.slice(0, floor).join(', ') || 'no other room'}.`,
      from: { path: `^lib/${room}/` },
      to: {
        path: '^(lib|functions|client|dev|bin|test|bench)/',
        pathNot: `^lib/(${ROOMS.slice(0, floor + 1).join('|')})/`,
      },
    })),
    {
      name: 'rooms-are-named',
      severity: 'error',
      comment: 'A file of lib stands in one of the rooms of this list.',
      from: { path: '^lib/', pathNot: `^lib/(${ROOMS.join('|')})/` },
      to: {},
    },
    {
      name: 'functions-stand-on-lib',
      severity: 'error',
      from: { path: '^functions/' },
      to: { path: '^(client|dev|bin|test|bench)/' },
    },
    {
      name: 'functions-do-not-share',
      severity: 'error',
      comment: 'A Lambda is composed of its own folder, of functions/wiring and of lib.',
      from: { path: '^functions/([^/]+)/' },
      to: { path: '^functions/([^/]+)/', pathNot: '^functions/($1|wiring)/' },
    },
    {
      name: 'client-stands-alone',
      severity: 'error',
      comment: 'It is published: what it knows of the API is generated into it.',
      from: { path: '^client/' },
      to: { path: '^(lib|functions|dev|bin|test|bench)/' },
    },
    {
      name: 'lambda-stays-in-functions',
      severity: 'error',
      from: { path: '^(lib|client)/' },
      to: { path: packagePath('(@middy/|@types/aws-lambda|aws-lambda)') },
    },
    ...VENDORS.map(([packages, home]) => ({
      name: `only-${home.split('/').slice(1, -1).join('-')}-imports-${packages.replace(/[^a-z0-9]+/g, '-')}`,
      severity: 'error',
      from: { path: DEPLOYED, pathNot: `^${home}` },
      to: { path: packagePath(packages) },
    })),
  ],
  options: {
    tsPreCompilationDeps: true,
    parser: 'swc',
    moduleSystems: ['es6'],
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^client/dist/' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.mjs', '.js', '.json'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
