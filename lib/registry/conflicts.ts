/** What a definition may not say because of the other services, or of what the books hold already (SPEC 3, 8). */
import { invalid } from '../definition/stored.ts';
import { moneyOf } from '../partners/money.ts';
import { asPlatform } from '../platforms/definition.ts';
import { sessionKeys } from '../platforms/session/keys.ts';
import { isGatewayError } from '../runtime/errors.ts';
import type { FieldError } from '../runtime/errors.ts';
import type { Definition, RegisteredService } from './definition.ts';

/** The currency of what a book holds; `undefined`: nothing was ever posted in it. */
export type CurrencyOf = (book: string) => Promise<string | undefined>;

/** @throws GatewayError `VALIDATION_FAILED` naming each field and the service it collides with. */
export async function refuseConflicts(
  definition: Definition,
  services: readonly RegisteredService[],
  currencyOf: CurrencyOf,
): Promise<void> {
  const others = services.filter((service) => service.definition.code !== definition.code);
  const faults = [...takenNames(definition, others), ...(await moneyFaults(definition, others, currencyOf))];
  if (faults.length > 0) throw invalid(faults);
}

/** A webhook path leads to one service, and a Redis key holds one session. */
function takenNames(definition: Definition, others: readonly RegisteredService[]): FieldError[] {
  const faults: FieldError[] = [];
  const path = definition.webhook?.path;
  const prefix = keyPrefixOf(definition);
  for (const { definition: other } of others) {
    if (path !== undefined && other.webhook?.path === path) {
      faults.push({ field: 'webhook.path', message: `is taken by ${other.code}` });
    }
    if (prefix !== undefined && keyPrefixOf(other) === prefix) {
      faults.push({ field: 'auth.keyPrefix', message: `is taken by ${other.code}` });
    }
  }
  return faults;
}

function keyPrefixOf(definition: Definition): string | undefined {
  const platform = asPlatform({ definition, revision: 0, createdAt: '', updatedAt: '' });
  return platform && sessionKeys(platform.definition).prefix;
}

/** A wrong setting would refuse every deposit for good: it is refused here, where a person is looking. */
async function moneyFaults(
  definition: Definition,
  others: readonly RegisteredService[],
  currencyOf: CurrencyOf,
): Promise<FieldError[]> {
  if (!definition.webhook && definition.auth.type !== 'SIGNATURE') return [];
  try {
    const { book } = moneyOf({ definition }, others);
    const held = await currencyOf(book.name);
    if (held === undefined || held === book.currency) return [];
    const message = `is ${book.currency}, but the book ${book.name} holds ${held}`;
    return [{ field: 'settings.currencyType', message }];
  } catch (error) {
    if (!isGatewayError(error, 'CONFIGURATION_ERROR')) throw error;
    return error.fields ?? [{ field: 'settings', message: error.message }];
  }
}
