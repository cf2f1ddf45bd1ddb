/** Which book a partner's money is in. Services may share one: then they must agree on its currency. */
import { MAIN } from '../ledger/account-id.ts';
import type { Book } from '../ledger/book.ts';
import { GatewayError } from '../runtime/errors.ts';
import type { PartnerCatalog, PartnerService } from './definition.ts';
import { DEFAULT_MONEY, moneySettings, validMoneySettings } from './settings.ts';
import type { MoneySettings } from './settings.ts';

export interface PartnerMoney {
  book: Book;
  /** House account that deposits come from and withdrawals go to. */
  fund: string;
  /** House account that adjustments go through. */
  control: string;
  /** Amount in the book's currency for one unit of the partner's. */
  ratio: string;
}

/**
 * @param services all services, or all others: the book's houses are those of every partner that is in it.
 * @throws GatewayError `CONFIGURATION_ERROR` for an invalid setting, or where two partners of one book name
 *   different currencies.
 */
export function moneyOf({ definition }: PartnerService, services: readonly PartnerService[]): PartnerMoney {
  const own = moneySettings(definition);
  const sharing = partnersIn(own.book, services);
  const conflicting = sharing.find(({ settings }) => settings.currencyType !== own.currencyType);
  if (conflicting) throw currencyConflict(definition.code, own, conflicting);
  return moneyFrom(
    own,
    sharing.map(({ settings }) => settings),
  );
}

/** The money of the partner with this code. @throws also `NOT_FOUND`: no service, or one without a webhook. */
export async function moneyOfService(catalog: PartnerCatalog, code: string): Promise<PartnerMoney> {
  const services = await catalog.list();
  const service = services.find(({ definition }) => definition.code === code);
  if (!service) throw new GatewayError('NOT_FOUND', `Service ${code} was not found.`);
  if (!service.definition.webhook) {
    throw new GatewayError('NOT_FOUND', `${code} has no webhook: it is in no book.`);
  }
  return moneyOf(service, services);
}

/** A book by its name. `undefined`: no partner is in it. `main` is always there. */
export async function bookNamed(catalog: PartnerCatalog, name: string): Promise<Book | undefined> {
  const [first, ...others] = partnersIn(name, await catalog.list()).map(({ settings }) => settings);
  if (first) return moneyFrom(first, others).book;
  return name === MAIN ? moneyFrom(DEFAULT_MONEY, []).book : undefined;
}

/** The books of all partners, each once. */
export async function bookNames(catalog: PartnerCatalog): Promise<string[]> {
  const names = (await catalog.list()).flatMap(({ definition }) =>
    definition.webhook ? (validMoneySettings(definition)?.book ?? []) : [],
  );
  return [...new Set(names)];
}

function moneyFrom(own: MoneySettings, sharing: MoneySettings[]): PartnerMoney {
  const { book: name, currencyType: currency, houseShards, fundUserId, controlUserId, diamondRatio } = own;
  const houses = new Set([own, ...sharing].flatMap((each) => [each.fundUserId, each.controlUserId]));
  return {
    book: { name, currency, houses: [...houses], houseShards },
    fund: fundUserId,
    control: controlUserId,
    ratio: diamondRatio,
  };
}

interface Partner {
  code: string;
  settings: MoneySettings;
}

/** Services with a webhook. One whose settings are invalid transfers no money and is in no book. */
function partnersIn(book: string, services: readonly PartnerService[]): Partner[] {
  return services.flatMap(({ definition }) => {
    const settings = definition.webhook && validMoneySettings(definition);
    return settings?.book === book ? [{ code: definition.code, settings }] : [];
  });
}

function currencyConflict(code: string, { book, currencyType }: MoneySettings, other: Partner): GatewayError {
  const problem = `is ${currencyType}, but ${other.code} shares the book ${book} and has ${other.settings.currencyType}`;
  return new GatewayError('CONFIGURATION_ERROR', `${code}: settings.currencyType ${problem}.`, {
    fields: [{ field: 'settings.currencyType', message: problem }],
  });
}
