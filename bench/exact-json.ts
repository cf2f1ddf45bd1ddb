/** Row 9 of the figures: how long the exact parser takes beside the native one. */
import { parseExact } from '../lib/text/json/exact.ts';
import { interleaved, median } from './measure.ts';
import type { Row } from './measure.ts';

/** A page of orders as a partner sends it: 19-digit ids, money, Chinese text, nesting. */
export function orders(count: number): string {
  const items = Array.from({ length: count }, (_, i) => {
    const id = 7_000_000_000_000_000_000n + BigInt(i * 7_919);
    return `{"orderId":${id},"userId":${10_000 + i},"title":"工单 ${i} 报修空调","address":"Building ${i % 9}, Room ${i}","amount":${(i * 1.37).toFixed(2)},"fee":0.0000012500,"status":"OPEN","tags":["repair","urgent"],"done":${i % 2 === 0},"assignee":null,"createdAt":"2026-11-21T04:00:${String(i % 60).padStart(2, '0')}Z"}`;
  });
  return `{"code":0,"message":"ok","data":{"total":${count},"page":1,"items":[${items.join(',')}]}}`;
}

export async function rows({ quick }: { quick: boolean }): Promise<Row[]> {
  const bytes = quick ? 100_000 : 2_000_000;
  return [8, 40, 200].map((count) => {
    const text = orders(count);
    const repeats = Math.max(1, Math.ceil(bytes / text.length));
    const ratios = interleaved(quick ? 5 : 31, {
      ours: () => repeat(repeats, () => parseExact(text)),
      baseline: () => repeat(repeats, () => JSON.parse(text) as unknown),
    });
    const ratio = median(ratios);
    const what = `exact-decimal JSON parse, ${(text.length / 1_024).toFixed(0)} KB: time`;
    return { id: '9', what, baseline: 'JSON.parse', ratio, goal: '<= 2.5x', pass: ratio <= 2.5 };
  });
}

function repeat(times: number, run: () => unknown): void {
  for (let i = 0; i < times; i++) run();
}
