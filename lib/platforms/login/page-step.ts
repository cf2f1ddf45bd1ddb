import { cookiesFor } from '../cookies/collect.ts';
import type { Extractor, Extractors } from '../../definition/extractor/schema.ts';
import { GatewayError } from '../../runtime/errors.ts';
import type { Attempt } from './attempt.ts';
import { extractAll, pageOf } from '../../definition/extractor/extract.ts';
import { unavailable } from './login-error.ts';
import { ACCEPT_PAGE, prepare } from './recipe-request.ts';
import { describeResponse } from './describe-response.ts';

/** Shorter values of a page are not secrets; masking them everywhere would make the text unreadable. */
const SHORTEST_SECRET = 4;

/** Opens the login page and takes from it what the form needs. Answers the address the form is on, for `Referer`. */
export async function openPage(attempt: Attempt): Promise<string> {
  const { login, definition, browser, trace, redactor, scope } = attempt;
  const { page } = login;
  if (!page) return new URL('/', definition.baseUrl).href;
  return trace.step('page', async (saw) => {
    const { url, headers } = await prepare(attempt, page.path, ACCEPT_PAGE);
    const first = await browser.open({ method: 'GET', url, headers }, { repeat: true });
    const visit = await browser.follow(first, { method: 'GET', headers });
    const { answer } = visit;
    await describeResponse(attempt, visit, saw);
    if (answer.status >= 500)
      throw unavailable(definition, 'page', `its login page answered ${answer.status}`);
    const cookies = await cookiesFor(attempt.jar, visit.url);
    const { values: found, absent } = extractAll(page.extract, answer, {
      field: 'auth.login.page.extract',
      cookies: () => cookies,
    });
    scope.page = found;
    const texts = Object.values(found).filter((value) => typeof value === 'string');
    redactor.learnFromPage(texts.filter((value) => value.length >= SHORTEST_SECRET));
    saw['extracted'] = Object.keys(found);
    if (absent.length === 0) return visit.url;
    saw['notFound'] = absent;
    if (answer.status !== 200) {
      throw unavailable(
        definition,
        'page',
        `its login page answered ${answer.status} without ${absent.join(', ')}`,
      );
    }
    if (hasSelectors(page.extract) && pageOf(answer).cut) {
      const where =
        'the beginning of its login page, which is too long or too deeply nested to be read whole';
      throw unavailable(definition, 'page', `${absent.join(', ')} is not in ${where}`);
    }
    const named = absent.map((name) => `{{page.${name}}} (${placeOf(page.extract[name]!)})`).join(', ');
    throw new GatewayError(
      'CONFIGURATION_ERROR',
      `The login page of ${definition.code} does not contain ${named}.`,
      {
        fields: absent.map((name) => ({ field: `page.${name}`, message: 'is not on the login page' })),
      },
    );
  });
}

const hasSelectors = (extract: Extractors): boolean =>
  Object.values(extract).some((extractor) => 'selector' in extractor || 'each' in extractor);

const placeOf = (extractor: Extractor): string =>
  'selector' in extractor ? extractor.selector : JSON.stringify(extractor);
