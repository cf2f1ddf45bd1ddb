/** `npm run cost -- --calls-per-second 100 --webhooks-per-second 50`: docs/scale.md. Exit code 2 where an option does not hold. */
import { HELP, parseRequest } from './load.ts';
import { readPrices } from './prices.ts';
import { growthOf, growthText, reportOf, reportText } from './report.ts';
import { templateFacts } from './template-facts.ts';

try {
  const { load, json, growth, help, prices } = parseRequest(process.argv.slice(2));
  if (help) console.log(HELP);
  else {
    const given = [load, readPrices(prices), templateFacts()] as const;
    const reports = growth ? growthOf(...given) : [reportOf(...given)];
    const text = growth ? growthText(reports) : reportText(reports[0]!);
    console.log(json ? JSON.stringify(growth ? reports : reports[0], null, 2) : text);
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 2;
}
