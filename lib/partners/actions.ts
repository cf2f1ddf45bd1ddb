/** The actions of partners, independent of the protocol. */
import { houseAccount, userAccount } from '../ledger/account-id.ts';
import type { Book } from '../ledger/book.ts';
import { isProblem, multiply } from '../ledger/decimal.ts';
import type { Units } from '../ledger/decimal.ts';
import type { Ledger, Posted, PostInput } from '../ledger/ledger.ts';
import type { Deadline } from '../runtime/clock.ts';
import { isGatewayError } from '../runtime/errors.ts';
import type { ExactObject } from '../text/json/exact.ts';
import type { Alerts } from '../watch/alerts/alerts.ts';
import type { PartnerService } from './definition.ts';
import { postOrFirstAnswer } from './first-answer.ts';
import { forward } from './forward.ts';
import type { ForwardDeps } from './forward.ts';
import { moneyOf } from './money.ts';
import type { PartnerMoney } from './money.ts';
import type {
  Action,
  Checked,
  FieldNames,
  Movement,
  Order,
  Registered,
  StatedRegistration,
} from './protocol.ts';
import { invalid, WebhookRefused } from './reply.ts';

export interface ActionDeps extends ForwardDeps {
  ledger: Ledger;
  alerts: Alerts;
  /** Creates or updates a user and its promotion relations. */
  register: (service: PartnerService, registration: StatedRegistration) => Promise<Registered>;
}

export interface ActionContext {
  service: PartnerService;
  /** All services: some share a book. */
  services: readonly PartnerService[];
  /** When the partner sent it, where that is known; seconds since the epoch. */
  sentAt: number | undefined;
  /** Of its record. */
  deliveryId: string;
  /** No attempt with an effect is started after it. */
  deadline: Deadline;
}

export interface ActionResult {
  /** JSON text of the answer's `data`. */
  dataText: string;
  replayed: boolean;
  /** It was accepted, and is not settled yet. */
  pending: boolean;
}

/** @throws WebhookRefused for what is wrong with the payload; whatever the stores reject with. */
export async function perform(
  action: Action,
  payload: ExactObject,
  context: ActionContext,
  deps: ActionDeps,
): Promise<ActionResult> {
  if (action.do === 'register') {
    const registration = { ...action.input(payload), statedAt: context.sentAt };
    const registered = await deps.register(context.service, registration);
    return { dataText: action.data(registered), replayed: false, pending: false };
  }
  if (action.do === 'check') {
    const money = moneyOf(context.service, context.services);
    const checked = await check(action.input(payload), action.names, money, deps.ledger);
    return { dataText: action.data(checked), replayed: false, pending: false };
  }
  if (action.do === 'ignore') return { dataText: '{"ignored":true}', replayed: false, pending: false };
  if (action.do === 'forward') {
    const { deliveryId, service } = context;
    const forwarded = await forward(action.event, { service: service.definition.code, deliveryId }, deps);
    return { ...forwarded, pending: false };
  }
  const movement = action.input(payload);
  const { transfer, replayed } = await move(action, movement, context, deps);
  return { dataText: action.data(movement, transfer), replayed, pending: transfer.status !== 'SETTLED' };
}

async function check(
  order: Order,
  names: FieldNames | undefined,
  money: PartnerMoney,
  ledger: Ledger,
): Promise<Checked> {
  const principal = amountOf(order, names, money);
  const balance = (await ledger.account(userAccount(money.book.name, order.userId)))?.balance ?? 0n;
  // No fee is charged; protocols have a field for one.
  return { allowed: balance >= principal, balance, principal, fee: 0n, total: principal };
}

/** Between the fund account and a user, exactly once per service and `transactionId`. */
async function move(
  action: MovingAction,
  movement: Movement,
  context: ActionContext,
  { ledger, alerts }: ActionDeps,
): Promise<Posted> {
  const { code } = context.service.definition;
  const { transactionId, userId, asked } = movement;
  const id = { service: code, transactionId };
  const order = { type: action.do, house: houseSide(action), userId, wanted: asked };
  try {
    return await postOrFirstAnswer(ledger, id, order, async () =>
      ledger.post(postInput(action, movement, context)),
    );
  } catch (error) {
    if (isGatewayError(error, 'IDEMPOTENCY_MISMATCH')) await alertMismatch(code, movement, alerts);
    throw refusalOf(error, action.names);
  }
}

type MovingAction = Action & { do: 'deposit' | 'withdraw' };
const houseSide = (action: MovingAction) => (action.do === 'deposit' ? ('from' as const) : ('to' as const));

/** What the service's settings make of an order. */
function postInput(
  action: MovingAction,
  movement: Movement,
  { service, services, deadline }: ActionContext,
): PostInput {
  const money = moneyOf(service, services);
  const { book } = money;
  const fund = houseAccount(book.name, money.fund);
  const user = userAccount(book.name, movement.userId);
  const { code } = service.definition;
  return {
    service: code,
    transactionId: movement.transactionId,
    book,
    type: action.do,
    house: houseSide(action),
    ...(action.do === 'deposit' ? { from: fund, to: user } : { from: user, to: fund }),
    amount: amountOf(movement, action.names, money),
    asked: movement.asked,
    requestedBy: code,
    settlement: service.definition.webhook?.settlement,
    deadlineAt: deadline.at,
  };
}

/** An order's amount in the book's currency. Refuses house accounts as its user. */
function amountOf(
  { userId, asked }: Order,
  names: FieldNames | undefined,
  { ratio, book }: PartnerMoney,
): Units {
  refuseHouse(userId, names, book);
  const amount = multiply(asked.amount, ratio);
  return isProblem(amount)
    ? invalid(names?.amount ?? 'amount', `in ${book.currency} ${amount.problem}`)
    : amount;
}

function refuseHouse(userId: string, names: FieldNames | undefined, { houses }: Book): void {
  if (houses.includes(userId)) invalid(names?.userId ?? 'userId', 'is a house account');
}

function refusalOf(error: unknown, names: FieldNames | undefined): unknown {
  if (isGatewayError(error, 'INSUFFICIENT_FUNDS')) {
    return new WebhookRefused('INSUFFICIENT_FUNDS', 'The balance is insufficient.');
  }
  if (isGatewayError(error, 'IDEMPOTENCY_MISMATCH')) {
    return new WebhookRefused(
      'IDEMPOTENCY_MISMATCH',
      'This transactionId was used for another action, user or amount. Nothing was transferred.',
    );
  }
  const fault = isGatewayError(error, 'VALIDATION_FAILED') ? error.fields?.[0] : undefined;
  if (!fault) return error;
  const field = names?.[fault.field as keyof FieldNames] ?? fault.field;
  return new WebhookRefused('VALIDATION_FAILED', `${field} ${fault.message}.`, { field });
}

async function alertMismatch(
  code: string,
  { transactionId, userId }: Movement,
  alerts: Alerts,
): Promise<void> {
  await alerts.raise({
    kind: 'WEBHOOK_MISMATCH',
    subject: `${code} ${transactionId}`,
    severity: 'critical',
    summary: `${code} sent transaction ${transactionId} again with another action, user or amount.`,
    details: { userId },
  });
}
