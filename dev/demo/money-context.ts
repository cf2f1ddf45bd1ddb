import type { Sandbox } from '../sandbox/index.ts';
import { done } from './api.ts';
import type { Narrator } from './narrator.ts';
import type { DemoPartner } from './partner.ts';
import type { DemoStack } from './stack.ts';

export interface MoneyScene {
  tell: Narrator;
  stack: DemoStack;
  sandbox: Sandbox;
  partner: DemoPartner;
}

/** What every step of it needs. */
export interface MoneyContext extends MoneyScene {
  userId: number;
  superiors: number[];
  /** Sends a webhook; the payload is JSON text, so that its digits are the ones that travel. */
  send: (action: string, payload: string) => Promise<Answer>;
  order: (usdtAmount: string, transactionId: string) => string;
  balance: () => Promise<string>;
}

export interface Answer {
  status: number;
  body: {
    success: boolean;
    code?: string;
    replayed?: boolean;
    data?: Record<string, unknown>;
  };
}

const MOST_SENDS = 5;

export function moneyContextOf(scene: MoneyScene): MoneyContext {
  const { stack, sandbox, partner } = scene;
  const userId = partner.firstUser;
  return {
    ...scene,
    userId,
    superiors: [userId + 1, userId + 2, userId + 3],
    send: async (action, payload) => {
      for (let sent = 1; ; sent++) {
        const { status, body } = await sandbox.urs.sendWebhook(action, payload, { url: partner.webhookUrl });
        // On 503 a partner sends it again.
        if (status !== 503 || sent === MOST_SENDS) return { status, body: (body ?? {}) as Answer['body'] };
      }
    },
    order: (usdtAmount, transactionId) =>
      `{"userId":${userId},"usdtAmount":${usdtAmount},"transactionId":"${transactionId}"}`,
    balance: async () =>
      (await done<{ balance: string }>(stack, 'GET', `/v1/accounts/user:${userId}`)).balance,
  };
}

export const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);
