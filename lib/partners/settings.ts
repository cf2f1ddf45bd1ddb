/** What `settings` of a partner's definition say of money (SPEC 1, 7, 8). */
import * as z from 'zod';
import { MAIN } from '../ledger/account-id.ts';
import { BOOK_NAME, CURRENCY } from '../ledger/book.ts';
import { isProblem, parseDecimal } from '../ledger/decimal.ts';
import { MAX_SHARDS } from '../ledger/keys.ts';
import { GatewayError } from '../runtime/errors.ts';
import { fieldErrors } from '../runtime/field-errors.ts';
import { UserIdInput } from '../text/user-id-input.ts';

const AccountNumber = UserIdInput.transform(String);

const MoneySettings = z
  .looseObject({
    book: z.string().regex(BOOK_NAME, 'is no name of a book').default(MAIN),
    /** What the book counts. */
    currencyType: z.string().regex(CURRENCY, 'is no name of a currency').default('DIAMOND'),
    /** How much of it for one of what the partner counts: a number, or a decimal string where it has to be exact. */
    diamondRatio: z
      .union([z.number(), z.string()])
      .transform(String)
      .refine((ratio) => isPositive(ratio), 'must be a positive decimal number')
      .default('1'),
    /** The warehouse: deposits come from it, withdrawals go to it. */
    fundUserId: AccountNumber.default('15'),
    /** Adjustments go through it. */
    controlUserId: AccountNumber.default('16'),
    houseShards: z.int().min(1).max(MAX_SHARDS).default(16),
  })
  .refine(({ fundUserId, controlUserId }) => fundUserId !== controlUserId, {
    path: ['controlUserId'],
    message: 'must not be the fund account',
  });
export type MoneySettings = z.output<typeof MoneySettings>;

function isPositive(text: string): boolean {
  const units = parseDecimal(text);
  return !isProblem(units) && units > 0n;
}

/** The part of a definition that is read here. */
interface WithSettings {
  code: string;
  settings: Record<string, unknown>;
}

const parsed = new WeakMap<WithSettings, z.ZodSafeParseResult<MoneySettings>>();

/** Of a service whose definition says nothing. */
export const DEFAULT_MONEY: MoneySettings = MoneySettings.parse({});

/** @throws GatewayError `CONFIGURATION_ERROR` naming the setting. */
export function moneySettings(definition: WithSettings): MoneySettings {
  const { data, error } = parse(definition);
  if (data) return data;
  const { field, message } = fieldErrors(error)[0]!;
  throw new GatewayError('CONFIGURATION_ERROR', `${definition.code}: settings.${field} ${message}.`, {
    fields: [{ field: `settings.${field}`, message }],
  });
}

/** `undefined`: one of them is invalid. */
export const validMoneySettings = (definition: WithSettings): MoneySettings | undefined =>
  parse(definition).data;

function parse(definition: WithSettings): z.ZodSafeParseResult<MoneySettings> {
  const result = parsed.get(definition) ?? MoneySettings.safeParse(definition.settings);
  parsed.set(definition, result);
  return result;
}
