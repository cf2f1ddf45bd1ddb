import { json } from '../../lib/api/message.ts';
import type { ApiRequest, ApiResponse } from '../../lib/api/message.ts';
import { parseQuery } from '../../lib/api/input.ts';
import { EntriesQuery } from '../../lib/api/schemas.ts';
import { GatewayError } from '../../lib/runtime/errors.ts';
import type { Ledger } from '../../lib/ledger/ledger.ts';
import { accountView, entryView, transferView } from '../../lib/ledger/views.ts';
import { omitUndefined } from '../../lib/runtime/omit-undefined.ts';

export interface MoneyDeps {
  ledger: Ledger;
}

type Handler = (request: ApiRequest, deps: MoneyDeps) => Promise<ApiResponse>;

/** Reads of money. Amounts leave as decimal strings. */
export const money = {
  async getTransfer({ params }, { ledger }) {
    const transfer = await ledger.transfer(params['transactionId']!);
    if (!transfer) throw new GatewayError('NOT_FOUND', 'There is no such transfer.');
    return json(200, transferView(transfer));
  },

  async getAccount({ params }, { ledger }) {
    return json(200, await accountOf(params['accountId']!, ledger));
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

/** A user nobody has paid yet has nothing: that is a balance, not an error. */
async function accountOf(accountId: string, ledger: Ledger) {
  const account = await ledger.account(accountId);
  return accountView(
    account ?? { accountId: accountId as `user:${string}`, currency: 'DIAMOND', balance: 0n, entries: 0 },
  );
}
