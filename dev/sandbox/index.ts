/** Simulated third parties for the shipped definitions, and business code that is told what happened; on loopback. */
import { startBusiness } from './business/subscriber.ts';
import type { Business } from './business/subscriber.ts';
import { startChaojiying } from './chaojiying/service.ts';
import type { Chaojiying } from './chaojiying/service.ts';
import { startUrs } from './urs/service.ts';
import type { Urs } from './urs/service.ts';
import { startWorkOrderPlatform } from './work-order/platform.ts';
import type { WorkOrderPlatform } from './work-order/platform.ts';

export type SandboxCode = 'CITY_CENTER_WORK_ORDER' | 'CHAOJIYING' | 'URS_PROMOTION';

export interface SandboxOptions {
  /** Fixed ports by service; any free one where none is given. */
  ports?: Partial<Record<SandboxCode | 'BUSINESS', number>>;
  /** Share of captchas that Chaojiying reads wrongly, 0 to 1. */
  captchaErrorRate?: number;
  /** Where URS sends its webhooks: `http://127.0.0.1:3000/webhook/urs`. */
  webhookUrl?: string;
}

export interface Sandbox {
  services: Record<SandboxCode, { baseUrl: string }>;
  /** What goes to `PUT /v1/admin/services/{code}/credentials`. */
  credentials: Record<SandboxCode, Record<string, string>>;
  control: {
    workOrder: WorkOrderPlatform['control'];
    chaojiying: Chaojiying['control'];
    urs: Urs['control'];
  };
  counters: {
    workOrder: WorkOrderPlatform['counters'];
    chaojiying: Chaojiying['counters'];
    urs: Urs['counters'];
  };
  /** Business code: what it was told. */
  business: Pick<Business, 'url' | 'control' | 'received' | 'refused'>;
  /** URS itself: its users, its webhooks. */
  urs: Pick<Urs, 'world' | 'sendWebhook'>;
  /** Lines for the terminal: what runs where, and how to use it. */
  describe: string[];
  stop(): Promise<void>;
}

export async function startSandbox({
  ports = {},
  captchaErrorRate = 0,
  webhookUrl,
}: SandboxOptions = {}): Promise<Sandbox> {
  const running: { stop(): Promise<void> }[] = [];
  const stop = async () => void (await Promise.all(running.map((party) => party.stop())));
  const started = <T extends { stop(): Promise<void> }>(party: T): T => (running.push(party), party);
  try {
    const workOrder = started(await startWorkOrderPlatform({ port: ports.CITY_CENTER_WORK_ORDER }));
    const chaojiying = started(
      await startChaojiying({
        port: ports.CHAOJIYING,
        answerFor: (image) => workOrder.captchaText(image),
        errorRate: captchaErrorRate,
      }),
    );
    const urs = started(await startUrs({ port: ports.URS_PROMOTION, webhookUrl }));
    const business = started(await startBusiness({ port: ports.BUSINESS }));
    return { ...described(workOrder, chaojiying, urs, business), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function described(
  workOrder: WorkOrderPlatform,
  chaojiying: Chaojiying,
  urs: Urs,
  business: Business,
): Omit<Sandbox, 'stop'> {
  const ursOrigin = new URL(urs.baseUrl).origin;
  return {
    services: {
      CITY_CENTER_WORK_ORDER: { baseUrl: workOrder.baseUrl },
      CHAOJIYING: { baseUrl: chaojiying.baseUrl },
      URS_PROMOTION: { baseUrl: urs.baseUrl },
    },
    credentials: {
      CITY_CENTER_WORK_ORDER: { ...workOrder.credentials },
      CHAOJIYING: { ...chaojiying.credentials },
      URS_PROMOTION: { ...urs.credentials },
    },
    control: { workOrder: workOrder.control, chaojiying: chaojiying.control, urs: urs.control },
    counters: {
      workOrder: () => workOrder.counters(),
      chaojiying: () => chaojiying.counters(),
      urs: () => urs.counters(),
    },
    business,
    urs: { world: urs.world, sendWebhook: (...sending) => urs.sendWebhook(...sending) },
    describe: [
      `CITY_CENTER_WORK_ORDER  ${workOrder.baseUrl}  work-order platform: GBK, captcha, cookies`,
      `CHAOJIYING              ${chaojiying.baseUrl}  captcha solver`,
      `URS_PROMOTION           ${urs.baseUrl}  user promotion: sealed calls, webhooks`,
      `switches: curl ${workOrder.baseUrl}/__control -d '{"expireSessions":true}'`,
      `business code           ${business.url}  takes events: gatehouse subscriptions create ${business.url} -e '*'`,
      `events:   curl ${new URL(business.url).origin}/__control -d '{"secret":"whsec_..."}', then /__received`,
      `webhooks: curl ${ursOrigin}/__webhook -d '{"action":"check","payload":{"userId":10002,"usdtAmount":1}}'`,
    ],
  };
}
