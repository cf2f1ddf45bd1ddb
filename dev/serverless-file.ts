import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parse, YAMLMap, YAMLSeq } from 'yaml';
import type { CollectionTag, ScalarTag } from 'yaml';

/** What the local stack reads of serverless.yml. */
export interface ServerlessFile {
  service: string;
  provider: Record<string, unknown>;
  functions: Record<string, ServerlessFunction>;
  resources: { Resources: Record<string, CloudFormationResource> };
}

export interface ServerlessFunction {
  handler: string;
  name?: string;
  /** Seconds. */
  timeout?: number;
  memorySize?: number;
  environment?: Record<string, unknown>;
  events?: Record<string, unknown>[];
  [key: string]: unknown;
}

export interface CloudFormationResource {
  Type: string;
  Properties?: Record<string, unknown>;
}

export interface ServerlessOptions {
  /** What `${sls:stage}` and `${opt:stage}` stand for. */
  stage: string;
  region?: string;
  /** Path of the file; default: serverless.yml at the project's root. */
  file?: string;
  env?: Record<string, string | undefined>;
}

const ROOT = join(import.meta.dirname, '..');

/**
 * Reads serverless.yml with its variables resolved: `sls:stage`, `self:`, `opt:`, `env:`, `aws:`, `file()`,
 * with defaults. CloudFormation's short tags become their long form; its functions stay as they are.
 * @throws Error that names a variable which cannot be resolved.
 */
export function readServerlessFile(options: ServerlessOptions): ServerlessFile {
  const path = options.file ?? join(ROOT, 'serverless.yml');
  const document = load(path) as Record<string, unknown>;
  const resolver = new Resolver(document, dirname(path), options);
  const resolved = resolver.resolve(document) as Partial<ServerlessFile> & { resources?: unknown };
  return {
    service: resolved.service ?? '',
    provider: resolved.provider ?? {},
    functions: resolved.functions ?? {},
    resources: { Resources: mergeResources(resolved.resources) },
  };
}

/** `resources` may be one document or a list of them. */
function mergeResources(resources: unknown): Record<string, CloudFormationResource> {
  const documents = (Array.isArray(resources) ? resources : [resources]) as (
    { Resources?: Record<string, CloudFormationResource> } | undefined
  )[];
  return Object.assign({}, ...documents.map((document) => document?.Resources ?? {})) as Record<
    string,
    CloudFormationResource
  >;
}

const SHORT_TAGS = [
  'Sub',
  'GetAtt',
  'Join',
  'Select',
  'Split',
  'If',
  'Equals',
  'Not',
  'And',
  'Or',
  'ImportValue',
];

/** `!Ref x` → `{ Ref: x }`, `!Sub x` → `{ 'Fn::Sub': x }`, `!GetAtt a.b` → `{ 'Fn::GetAtt': [a, b] }`. */
const cloudFormationTags = ['Ref', 'Condition', ...SHORT_TAGS].flatMap(
  (name): (ScalarTag | CollectionTag)[] => {
    const key = name === 'Ref' || name === 'Condition' ? name : `Fn::${name}`;
    const tag = `!${name}`;
    return [
      {
        tag,
        resolve: (text: string) => ({ [key]: name === 'GetAtt' ? text.split(/\.(.*)/s).slice(0, 2) : text }),
      },
      {
        tag,
        collection: 'seq',
        resolve: (node) => (node instanceof YAMLSeq ? { [key]: node.toJSON() as unknown } : node),
      },
      {
        tag,
        collection: 'map',
        resolve: (node) => (node instanceof YAMLMap ? { [key]: node.toJSON() as unknown } : node),
      },
    ];
  },
);

function load(path: string): unknown {
  const text = readFileSync(path, 'utf8');
  return path.endsWith('.json')
    ? JSON.parse(text)
    : parse(text, { customTags: cloudFormationTags, merge: true });
}

/** A variable without variables inside; `${AWS::Region}` and `${LogicalId.Arn}` of `Fn::Sub` are left to CloudFormation. */
const VARIABLE = /\$\{((?:sls|self|opt|env|aws|file|param)[:(][^${}]*)\}/;

/** What stands between commas, commas in quotes and brackets aside. */
const CANDIDATES = /(?:'[^']*'|"[^"]*"|\([^)]*\)|[^,])+/g;

class Resolver {
  readonly #document: unknown;
  readonly #folder: string;
  readonly #options: ServerlessOptions;
  #depth = 0;

  constructor(document: unknown, folder: string, options: ServerlessOptions) {
    this.#document = document;
    this.#folder = folder;
    this.#options = options;
  }

  resolve(value: unknown): unknown {
    if (typeof value === 'string') return this.#text(value);
    if (Array.isArray(value)) return value.map((item) => this.resolve(item));
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, this.resolve(item)]));
  }

  /** Innermost first, until there are none; a text that is one variable takes its value's type. */
  #text(text: string): unknown {
    if ((this.#depth += 1) > 50) throw new Error(`serverless.yml: the variables of "${text}" go in a circle`);
    try {
      for (let match = VARIABLE.exec(text); match; match = VARIABLE.exec(text)) {
        const value = this.#variable(match[1]!);
        if (match[0] === text) return this.resolve(value);
        text = text.replace(match[0], () => String(value));
      }
      return text;
    } finally {
      this.#depth -= 1;
    }
  }

  #variable(expression: string): unknown {
    for (const candidate of expression.match(CANDIDATES) ?? []) {
      const value = this.#lookUp(candidate.trim());
      if (value !== undefined) return this.resolve(value);
    }
    throw new Error(`serverless.yml: \${${expression}} has no value`);
  }

  #lookUp(candidate: string): unknown {
    const literal = /^(['"])(.*)\1$/.exec(candidate);
    if (literal) return literal[2];
    if (/^(?:true|false|null|-?\d+(?:\.\d+)?)$/.test(candidate)) return JSON.parse(candidate);
    const file = /^file\((.+?)\)(?::(.+))?$/.exec(candidate);
    if (file) return this.#file(file[1]!, file[2]);

    const [source, ...rest] = candidate.split(':');
    const name = rest.join(':');
    if (source === 'self') return at(this.#document, name);
    if (source === 'env') return (this.#options.env ?? {})[name];
    if (source === 'aws')
      return { accountId: '000000000000', region: this.#region(), partition: 'aws' }[name];
    if (source === 'sls' || source === 'opt')
      return { stage: this.#options.stage, region: this.#region() }[name];
    if (source === 'param')
      return (
        at(this.#document, `params.${this.#options.stage}.${name}`) ??
        at(this.#document, `params.default.${name}`)
      );
    return undefined;
  }

  #region(): string {
    return this.#options.region ?? 'us-east-1';
  }

  #file(name: string, path: string | undefined): unknown {
    const file = join(this.#folder, name);
    if (!existsSync(file)) return undefined;
    const document = load(file);
    return path === undefined ? document : at(document, path);
  }
}

function at(value: unknown, path: string): unknown {
  if (path === '') return value;
  return path
    .split('.')
    .reduce<unknown>((node, key) => (node as Record<string, unknown> | undefined)?.[key], value);
}
