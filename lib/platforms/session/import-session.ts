import type { PlatformService } from '../definition.ts';
import { importedDocument } from './document.ts';
import { readImport } from './import-input.ts';
import type { SessionImport } from './import-input.ts';
import { createTakeOver } from './take-over.ts';
import type { TakeOverDeps } from './take-over.ts';

/** Takes over a session that a person has opened (SPEC 5). Rejects as `createTakeOver`, and with `VALIDATION_FAILED`. */
export function createImport(deps: TakeOverDeps) {
  const takeOver = createTakeOver(deps);
  return async function importSession(service: PlatformService, input: SessionImport): Promise<void> {
    const read = readImport(service.definition, input, deps.clock.now());
    await takeOver(service, (login, now) => importedDocument(read, { login, now }));
  };
}
