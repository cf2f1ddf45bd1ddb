import { ceilingsOf } from './ceilings.ts';
import type { Ceiling } from './ceilings.ts';
import { MONTH_S } from './facts.ts';
import type { Load } from './load.ts';
import { priceOf } from './prices.ts';
import type { PriceTable } from './prices.ts';
import type { TemplateFacts } from './template-facts.ts';
import { usageOf } from './usage.ts';

export interface CostLine {
  component: string;
  units: number;
  unit: string;
  /** USD a month. */
  usd: number;
}

export interface Report {
  load: Load;
  asOf: string;
  prices: string;
  lines: CostLine[];
  total: number;
  /** USD for a million of calls and webhooks together; absent where there is none. */
  perMillion?: number;
  ceilings: Ceiling[];
}

/** @throws Error naming `--region` where the table has no prices for it. */
export function reportOf(load: Load, table: PriceTable, template: TemplateFacts): Report {
  const region = table.regions[load.region];
  if (!region) {
    const known = Object.keys(table.regions).join(', ');
    throw new Error(
      `--region: no prices for "${load.region}", only for ${known}; --prices takes a table of your own`,
    );
  }
  const lines = usageOf(load, template).map(({ component, price, units }) => ({
    component,
    units,
    unit: table.prices[price].unit,
    usd: priceOf(table, load.region, price, units),
  }));
  const total = lines.reduce((sum, { usd }) => sum + usd, 0);
  const requests = (load.callsPerSecond + load.webhooksPerSecond) * MONTH_S;
  return {
    load,
    asOf: table.asOf,
    prices: region.says,
    lines,
    total,
    ...(requests > 0 ? { perMillion: (total / requests) * 1e6 } : {}),
    ceilings: ceilingsOf(load),
  };
}

/** The same load 1, 10, 100, 1,000 times: what it costs, and what it is too much for. */
export const growthOf = (load: Load, table: PriceTable, template: TemplateFacts): Report[] =>
  [1, 10, 100, 1_000].map((times) =>
    reportOf(
      {
        ...load,
        callsPerSecond: load.callsPerSecond * times,
        webhooksPerSecond: load.webhooksPerSecond * times,
      },
      table,
      template,
    ),
  );

export const growthText = (reports: readonly Report[]): string =>
  reports
    .map(({ load, total, perMillion = 0, ceilings }) =>
      [
        `${short(load.callsPerSecond)} calls/s, ${short(load.webhooksPerSecond)} webhooks/s: ${money(total).trim()} a month, ${money(perMillion).trim()} a million`,
        ...ceilings
          .filter(({ used, limit }) => used > limit)
          .map(({ what, used, limit, unit }) => `  over ${what}: ${short(used)} of ${short(limit)} ${unit}`),
      ].join('\n'),
    )
    .join('\n');

/** Most expensive first; what costs less than a cent is left out. */
export function reportText({ load, asOf, prices, lines, total, perMillion, ceilings }: Report): string {
  const shown = lines.filter(({ usd }) => usd >= 0.005).toSorted((a, b) => b.usd - a.usd);
  return [
    `${load.callsPerSecond} calls/s, ${load.webhooksPerSecond} webhooks/s in ${load.region}, all month`,
    `prices of ${asOf}: ${prices}`,
    '',
    ...shown.map(({ component, units, unit, usd }) => `${money(usd)}  ${component}: ${short(units)} ${unit}`),
    `${money(total)}  a month`,
    ...(perMillion === undefined ? [] : [`${money(perMillion)}  for a million calls and webhooks`]),
    '',
    'ceiling                                             used     limit',
    ...ceilings.map(({ what, used, limit, unit }) => {
      const share = used / limit;
      const mark = share > 1 ? '  OVER' : share > 0.5 ? '  near' : '';
      return `${what.padEnd(48)}${short(used).padStart(8)}${short(limit).padStart(10)} ${unit}${mark}`.trimEnd();
    }),
  ].join('\n');
}

const money = (usd: number) =>
  `$${usd.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`.padStart(13);

/** Three digits: 262.8 M, 15.3, 0.02. */
function short(value: number): string {
  const [divisor, suffix] =
    value >= 1e9 ? [1e9, ' G'] : value >= 1e6 ? [1e6, ' M'] : value >= 1e4 ? [1e3, ' k'] : [1, ''];
  return `${Number((value / divisor).toPrecision(3)).toLocaleString('en-US', { maximumFractionDigits: 4 })}${suffix}`;
}
