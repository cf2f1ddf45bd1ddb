import * as z from 'zod';
import { fieldErrors } from '../../runtime/field-errors.ts';
import { GatewayError } from '../../runtime/errors.ts';
import { isProblem, parseDecimal } from '../../ledger/decimal.ts';
import type { Definition } from '../../registry/definition.ts';

const AccountNumber = z.union([z.int().positive(), z.string().regex(/^[1-9][0-9]{0,15}$/)]).transform(String);

/** What `settings` of a URS-like service says of money (SPEC 1, 7, 8). */
const UrsSettings = z
  .looseObject({
    /** DIAMOND for one USDT: a number, or a decimal string where it has to be exact. */
    diamondRatio: z
      .union([z.number(), z.string()])
      .transform(String)
      .refine((ratio) => isPositive(ratio), 'must be a positive decimal number')
      .default('300'),
    fundUserId: AccountNumber.default('15'),
    controlUserId: AccountNumber.default('16'),
    houseShards: z.int().min(1).max(32).default(16),
  })
  .refine(({ fundUserId, controlUserId }) => fundUserId !== controlUserId, {
    path: ['controlUserId'],
    message: 'must not be the fund account',
  });

function isPositive(text: string): boolean {
  const units = parseDecimal(text);
  return !isProblem(units) && units > 0n;
}
export type UrsSettings = z.output<typeof UrsSettings>;

const parsed = new WeakMap<Definition, UrsSettings>();

/** Without a definition: the defaults. @throws GatewayError `CONFIGURATION_ERROR` naming the setting. */
export function ursSettings(definition: Definition | undefined): UrsSettings {
  if (!definition) return UrsSettings.parse({});
  const known = parsed.get(definition);
  if (known) return known;
  const result = UrsSettings.safeParse(definition.settings);
  if (!result.success) {
    const [first] = fieldErrors(result.error, 'settings');
    throw new GatewayError(
      'CONFIGURATION_ERROR',
      `${definition.code}: settings.${first?.field} ${first?.message}.`,
      { fields: [{ field: `settings.${first?.field}`, message: first?.message ?? '' }] },
    );
  }
  parsed.set(definition, result.data);
  return result.data;
}
