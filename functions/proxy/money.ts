import { json } from '../../lib/api/message.ts';
import type { ApiRequest, ApiResponse } from '../../lib/api/message.ts';
import { parseQuery } from '../../lib/api/input.ts';
import { EntriesQuery, TransferQuery } from '../../lib/api/money-schemas.ts';
import { GatewayError } from '../../lib/runtime/errors.ts';
import { bookNameOf } from '../../lib/ledger/account-id.ts';
import type { AccountId } from '../../lib/ledger/account-id.ts';
import type { Ledger } from '../../lib/ledger/ledger.ts';
import { accountView, entryView, transferView } from '../../lib/ledger/views.ts';
import type { PartnerCatalog } from '../../lib/partners/definition.ts';
import { bookNamed } from '../../lib/partners/money.ts';
import { omitUndefined } from '../../lib/runtime/omit-undefined.ts';

export interface MoneyDeps {
  ledger: Ledger;
  catalog: PartnerCatalog;
}

type Handler = (request: ApiRequest, deps: MoneyDeps) => Promise<ApiResponse>;

/** Reads of money. Amounts are decimal strings. */
export const money = {
  async getTransfer(request, deps) {
    const { service } = parseQuery(TransferQuery, request);
    const transfer = await transferOf(request.params['transactionId']!, service, deps);
    if (!transfer) throw new GatewayError('NOT_FOUND', 'Transfer not found.');
    return json(200, transferView(transfer));
  },

  async getAccount({ params }, deps) {
    return json(200, await accountOf(params['accountId']!, deps));
  },

  async listEntries(request, { ledger }) {
    const accountId = request.params['accountId']!;
    const { items, ...rest } = await ledger.entries(
      accountId,
      omitUndefined(parseQuery(EntriesQuery, request)),
    );
    return json(200, { items: items.map(entryView), ...rest });
  },
} satisfies Record<string, Handler>;

/** Without a service, all registered ones are searched. */
async function transferOf(
  transactionId: string,
  service: string | undefined,
  { ledger, catalog }: MoneyDeps,
) {
  if (service !== undefined) return ledger.transfer({ service, transactionId });
  const services = await catalog.list();
  return ledger.find(
    transactionId,
    services.map(({ definition }) => definition.code),
  );
}

/** An account without entries has the balance 0; that is not an error. */
async function accountOf(accountId: string, { ledger, catalog }: MoneyDeps) {
  const account = await ledger.account(accountId);
  if (account) return accountView(account);
  const id = accountId as AccountId;
  const book = await bookNamed(catalog, bookNameOf(id));
  if (!book) throw new GatewayError('NOT_FOUND', 'Account not found.');
  const { name, currency } = book;
  return accountView({ accountId: id, book: name, currency, balance: 0n, entries: 0 });
}
