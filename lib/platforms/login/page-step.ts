import { GatewayError } from '../../runtime/errors.ts';
import type { Attempt } from './attempt.ts';
import { extractFrom } from './extract.ts';
import { unavailable } from './login-error.ts';
import { parsePage } from './page.ts';
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
    const tree = parsePage(answer.text());
    const found = extractFrom(tree, page.extract);
    scope.page = found;
    redactor.learnFromPage(Object.values(found).filter((value) => value.length >= SHORTEST_SECRET));
    const absent = Object.keys(page.extract).filter((name) => !Object.hasOwn(found, name));
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
    if (tree.cut) {
      const where =
        'the beginning of its login page, which is too long or too deeply nested to be read whole';
      throw unavailable(definition, 'page', `${absent.join(', ')} is not in ${where}`);
    }
    const named = absent.map((name) => `{{page.${name}}} (${page.extract[name]?.selector})`).join(', ');
    throw new GatewayError(
      'CONFIGURATION_ERROR',
      `The login page of ${definition.code} does not contain ${named}.`,
      {
        fields: absent.map((name) => ({ field: `page.${name}`, message: 'is not on the login page' })),
      },
    );
  });
}
