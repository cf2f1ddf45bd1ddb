/** The pretend third parties of the shipped definitions, on loopback. */
import { startChaojiying } from './chaojiying/service.ts';
import type { Chaojiying } from './chaojiying/service.ts';
import { startWorkOrderPlatform } from './work-order/platform.ts';
import type { WorkOrderPlatform } from './work-order/platform.ts';

export type SandboxCode = 'CITY_CENTER_WORK_ORDER' | 'CHAOJIYING';

export interface SandboxOptions {
  /** Fixed ports by service; any free one where none is given. */
  ports?: Partial<Record<SandboxCode, number>>;
  /** Share of captchas that Chaojiying reads wrongly, 0 to 1. */
  captchaErrorRate?: number;
}

export interface Sandbox {
  services: Record<SandboxCode, { baseUrl: string }>;
  /** What goes to `PUT /v1/admin/services/{code}/credentials`. */
  credentials: Record<SandboxCode, Record<string, string>>;
  control: { workOrder: WorkOrderPlatform['control']; chaojiying: Chaojiying['control'] };
  counters: { workOrder: WorkOrderPlatform['counters']; chaojiying: Chaojiying['counters'] };
  /** Lines for a person: what runs where, and how to play with it. */
  describe: string[];
  stop(): Promise<void>;
}

export async function startSandbox({
  ports = {},
  captchaErrorRate = 0,
}: SandboxOptions = {}): Promise<Sandbox> {
  const workOrder = await startWorkOrderPlatform({ port: ports.CITY_CENTER_WORK_ORDER });
  const chaojiying = await startChaojiying({
    port: ports.CHAOJIYING,
    answerFor: (image) => workOrder.captchaText(image),
    errorRate: captchaErrorRate,
  }).catch(async (error: unknown) => {
    await workOrder.stop();
    throw error;
  });
  return {
    services: {
      CITY_CENTER_WORK_ORDER: { baseUrl: workOrder.baseUrl },
      CHAOJIYING: { baseUrl: chaojiying.baseUrl },
    },
    credentials: {
      CITY_CENTER_WORK_ORDER: { ...workOrder.credentials },
      CHAOJIYING: { ...chaojiying.credentials },
    },
    control: { workOrder: workOrder.control, chaojiying: chaojiying.control },
    counters: { workOrder: () => workOrder.counters(), chaojiying: () => chaojiying.counters() },
    describe: [
      `CITY_CENTER_WORK_ORDER  ${workOrder.baseUrl}  work-order platform: GBK, captcha, cookies`,
      `CHAOJIYING              ${chaojiying.baseUrl}  captcha solver`,
      `switches: curl ${workOrder.baseUrl}/__control -d '{"expireSessions":true}'`,
    ],
    stop: async () => {
      await Promise.all([workOrder.stop(), chaojiying.stop()]);
    },
  };
}
