/**
 * Checks what `npm run package` produced (SPEC 12, FAULTS D1): shape, permissions, public routes, operations.
 * Exit code 1 and one line per fault.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkDeployer } from './template/deployer.ts';
import { checkOperations } from './template/operations.ts';
import { checkSafety } from './template/safety.ts';
import { checkShape } from './template/shape.ts';
import { Template } from './template/template.ts';
import type { Fault } from './template/template.ts';

const PACKAGED = join(import.meta.dirname, '..', '.serverless', 'cloudformation-template-update-stack.json');

export async function checkTemplate(document: unknown): Promise<Fault[]> {
  const template = Template.parse(document);
  return [
    ...(await checkShape(template)),
    ...checkSafety(template),
    ...checkOperations(template),
    ...checkDeployer(template),
  ];
}

if (import.meta.main) {
  const file = process.argv[2] ?? PACKAGED;
  const document: unknown = JSON.parse(readFileSync(file, 'utf8'));
  const faults = await checkTemplate(document);
  for (const { where, what } of faults) console.error(`${where}: ${what}`);
  const { Resources: resources } = Template.parse(document);
  console.log(`template: ${Object.keys(resources).length} resources, ${faults.length} faults`);
  process.exitCode = faults.length > 0 ? 1 : 0;
}
