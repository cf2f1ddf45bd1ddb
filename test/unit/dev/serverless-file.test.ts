import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readServerlessFile } from '../../../dev/serverless-file.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-serverless-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function read(text: string, env: Record<string, string> = {}) {
  const file = join(folder, 'serverless.yml');
  await writeFile(file, text);
  return readServerlessFile({ stage: 't1', file, env });
}

test('variables are resolved: stage, self, env, defaults, nested and with their own type', async () => {
  const { service, provider } = await read(
    `
service: gatehouse
custom:
  prefix: \${self:service}-\${sls:stage}
  seconds: { t1: 7, prod: 29 }
provider:
  a: \${self:custom.prefix}-registry
  b: \${self:custom.seconds.\${sls:stage}}
  c: \${env:HERE}
  d: \${env:NOWHERE, 'a, b'}
  e: \${opt:nothing, self:custom.seconds.prod}
  f: \${aws:region}
`,
    { HERE: 'x' },
  );
  expect(service).toBe('gatehouse');
  expect(provider).toEqual({ a: 'gatehouse-t1-registry', b: 7, c: 'x', d: 'a, b', e: 29, f: 'us-east-1' });
});

test("CloudFormation's tags have their long form, and its variables stay", async () => {
  const { resources } = await read(`
service: s
resources:
  Resources:
    T:
      Type: X
      Properties:
        A: !Ref T
        B: !Sub 'arn:\${AWS::Partition}:\${T.Arn}:\${sls:stage}'
        C: !GetAtt T.Arn
        D: !Join ['-', [a, !Ref T]]
`);
  expect(resources.Resources['T']?.Properties).toEqual({
    A: { Ref: 'T' },
    B: { 'Fn::Sub': 'arn:${AWS::Partition}:${T.Arn}:t1' },
    C: { 'Fn::GetAtt': ['T', 'Arn'] },
    D: { 'Fn::Join': ['-', ['a', { Ref: 'T' }]] },
  });
});

test('files are read where they are named, and resources may be a list', async () => {
  await writeFile(
    join(folder, 'more.yml'),
    'Resources:\n  B: { Type: "Y", Properties: { N: "${sls:stage}" } }\n',
  );
  const { resources } = await read(`
service: s
resources:
  - Resources: { A: { Type: X } }
  - \${file(./more.yml)}
`);
  expect(resources.Resources).toEqual({ A: { Type: 'X' }, B: { Type: 'Y', Properties: { N: 't1' } } });
});

test('a variable without a value is named', async () => {
  await expect(read('service: ${self:custom.missing}')).rejects.toThrow('${self:custom.missing}');
});

test('variables that go in a circle are an error', async () => {
  await expect(read('service: s\ncustom: { a: "${self:custom.b}", b: "${self:custom.a}" }')).rejects.toThrow(
    'circle',
  );
});
