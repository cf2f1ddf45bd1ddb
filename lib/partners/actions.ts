import type { Alerts } from '../watch/alerts/alerts.ts';
import { isGatewayError } from '../runtime/errors.ts';
import type { ExactObject } from '../text/json/exact.ts';
import { houseAccount, userAccount } from '../ledger/account-id.ts';
import type { Ledger, Money, Transfer } from '../ledger/ledger.ts';
import { formatDecimal, isProblem, multiply } from '../ledger/decimal.ts';
import type { Units } from '../ledger/decimal.ts';
import type { RegisteredService } from '../registry/definition.ts';
import type { Deadline } from '../runtime/clock.ts';
import { moneyOf } from './money.ts';
import type { PartnerMoney } from './money.ts';
import { invalid, readMovement, readOrder, readRegistration } from './urs/payloads.ts';
import type { MovementPayload, RegisterPayload } from './urs/payloads.ts';
import { WebhookRefused } from './reply.ts';

export interface ActionDeps {
  ledger: Ledger;
  alerts: Alerts;
  /** Creates or updates a user and its promotion relations. */
  register: (
    service: RegisteredService,
    registration: RegisterPayload,
  ) => Promise<{ uid: number; superiors: number[]; created: boolean }>;
}

export interface ActionInput {
  service: RegisteredService;
  /** All there are: some share a book. */
  services: readonly RegisteredService[];
  payload: ExactObject;
  deadline: Deadline;
}

export interface ActionResult {
  /** JSON text of the answer's `data`. */
  dataText: string;
  replayed?: boolean;
  transactionId?: string;
}

type Action = (input: ActionInput, deps: ActionDeps) => Promise<ActionResult>;

export const ACTIONS: Readonly<Record<string, Action>> = {
  async register({ service, payload }, { register }) {
    const registered = await register(service, readRegistration(payload));
    return { dataText: JSON.stringify(registered) };
  },

  deposit: (input, deps) => move('deposit', input, deps),
  withdraw: (input, deps) => move('withdraw', input, deps),

  async check({ service, services, payload }, { ledger }) {
    const money = moneyOf(service, services);
    const { userId, usdtAmount } = readOrder(payload, money.book.houses);
    const principal = converted(usdtAmount, money);
    const balance = (await ledger.account(userAccount(money.book.name, userId)))?.balance ?? 0n;
    // No fee is charged; the partner's protocol has a place for one.
    const fee = 0n;
    const total = principal + fee;
    const data = {
      allowed: balance >= total,
      diamond_balance: formatDecimal(balance),
      principal_amount: formatDecimal(principal),
      fee_amount: formatDecimal(fee),
      total_required: formatDecimal(total),
    };
    return { dataText: JSON.stringify(data) };
  },
};

function converted(usdtAmount: Units, { ratio, book }: PartnerMoney): Units {
  const amount = multiply(usdtAmount, ratio);
  return isProblem(amount) ? invalid('usdtAmount', `in ${book.currency} ${amount.problem}`) : amount;
}

/** 入包 and 出包: between the fund account and a user, exactly once per `transactionId`. */
async function move(
  type: 'deposit' | 'withdraw',
  { service, services, payload, deadline }: ActionInput,
  { ledger, alerts }: ActionDeps,
): Promise<ActionResult> {
  const money = moneyOf(service, services);
  const { book } = money;
  const order = readMovement(payload, book.houses);
  const amount = converted(order.usdtAmount, money);
  const fund = houseAccount(book.name, money.fund);
  const user = userAccount(book.name, order.userId);
  const asked: Money = { amount: order.usdtAmount, currency: 'USDT' };
  const house = type === 'deposit' ? 'from' : 'to';
  try {
    const { transfer, replayed } = await ledger.post({
      service: service.definition.code,
      book,
      transactionId: order.transactionId,
      type,
      from: house === 'from' ? fund : user,
      to: house === 'from' ? user : fund,
      house,
      amount,
      asked,
      requestedBy: service.definition.code,
      deadlineAt: deadline.at,
    });
    return { dataText: movementText(order, transfer), replayed, transactionId: order.transactionId };
  } catch (error) {
    throw await refusalOf(error, order, service, alerts);
  }
}

async function refusalOf(
  error: unknown,
  { transactionId, userId }: MovementPayload,
  { definition }: RegisteredService,
  alerts: Alerts,
): Promise<unknown> {
  if (isGatewayError(error, 'INSUFFICIENT_FUNDS')) {
    return new WebhookRefused('INSUFFICIENT_FUNDS', 'The balance is short.');
  }
  if (!isGatewayError(error, 'IDEMPOTENCY_MISMATCH')) return error;
  await alerts.raise({
    kind: 'WEBHOOK_MISMATCH',
    subject: `${definition.code} ${transactionId}`,
    severity: 'critical',
    summary: `${definition.code} sent transaction ${transactionId} again with another action, user or amount.`,
    details: { userId },
  });
  return new WebhookRefused(
    'IDEMPOTENCY_MISMATCH',
    'This transactionId stands for another action, user or amount. Nothing was moved.',
  );
}

/** Built as text: an id of the partner's goes back with the digits it came with. */
function movementText({ userId, usdtAmount, transactionId }: MovementPayload, transfer: Transfer): string {
  const head = JSON.stringify({ transactionId, type: transfer.type }).slice(0, -1);
  const tail = JSON.stringify({
    usdtAmount: formatDecimal(usdtAmount),
    diamondAmount: formatDecimal(transfer.amount),
    status: transfer.status,
    settledAt: transfer.settledAt,
  }).slice(1);
  return `${head},"userId":${userId},${tail}`;
}
