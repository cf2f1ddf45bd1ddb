/**
 * Row 16: what filters add to a request: the templates of one request, with filters, beside the same templates without. The
 * goal is a time, as the rest of a request is milliseconds; the ratio shows how the work compares.
 */
import { renderText } from '../lib/definition/template/render.ts';
import { momentOf } from '../lib/definition/template/scope.ts';
import type { TemplateScope } from '../lib/definition/template/scope.ts';
import { interleaved, median } from './measure.ts';
import type { Row } from './measure.ts';

/** Microseconds that a template with filters may cost more than one without. */
const ALLOWED = 10;

const SCOPE: TemplateScope = {
  params: { orderId: '7205759403792793601', text: '  Repair of the pump in the cellar  ' },
  credentials: { username: 'shopkeeper', password: 'correct horse battery staple', secret: 'a'.repeat(32) },
  now: momentOf(1_767_225_600_000),
};

const TEMPLATES: [what: string, plain: string, filtered: string][] = [
  ['text', '{{params.text}}', "{{params.text | trim | replace: ' ', '-' | slice: 0, 20}}"],
  ['md5 | upper', '{{credentials.password}}', '{{credentials.password | md5 | upper}}'],
  [
    'hmac_sha256 | base64',
    'o={{params.orderId}}&t={{now.s}}',
    "o={{params.orderId | append: '&t=' | append: now.s | hmac_sha256: credentials.secret | base64}}",
  ],
];

export function rows({ quick }: { quick: boolean }): Promise<Row[]> {
  const times = quick ? 2_000 : 20_000;
  const measured = TEMPLATES.map(([what, plain, filtered]): Row => {
    const [ours, baseline] = [filtered, plain].map((template) => () => repeat(times, template));
    const ratio = median(interleaved(quick ? 5 : 31, { ours: ours!, baseline: baseline! }));
    const more =
      median(Array.from({ length: quick ? 5 : 31 }, () => microseconds(ours!) - microseconds(baseline!))) /
      times;
    return {
      id: '16',
      what: `template with ${what}: ${more.toFixed(2)} µs more`,
      baseline: 'the same without filters',
      ratio,
      goal: `<= ${ALLOWED} µs more`,
      pass: more <= ALLOWED,
    };
  });
  return Promise.resolve(measured);
}

function repeat(times: number, template: string): void {
  for (let i = 0; i < times; i++) renderText(template, SCOPE, 'header');
}

function microseconds(run: () => void): number {
  const start = process.hrtime.bigint();
  run();
  return Number(process.hrtime.bigint() - start) / 1_000;
}
