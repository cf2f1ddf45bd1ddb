import type { Attempt } from './attempt.ts';
import { imageType } from './image-type.ts';
import { unavailable } from './login-error.ts';
import { renderText } from '../../definition/template/render.ts';
import type { PlatformDefinition } from '../definition.ts';
import { ACCEPT_IMAGE, commonHeaders, prepare } from './recipe-request.ts';
import { describeResponse } from './describe-response.ts';

/** Fetches the picture, with the cookies that tie it to this login, and has it solved. */
export async function solveCaptcha(attempt: Attempt, pageUrl: string): Promise<void> {
  const { login, definition, trace, notes, solvers, deadline, scope } = attempt;
  const { captcha } = login;
  if (!captcha) return;
  const picture = await trace.step('captcha', (saw) => fetchImage(attempt, pageUrl, saw));
  const { body: image, contentType } = picture;
  Object.assign(notes, { image, contentType });
  const { codetype } = captcha;
  const answer = await trace.step('solve', async (saw) => {
    saw['codetype'] = codetype;
    const challenge = { service: definition.code, image, contentType, codetype, deadline };
    const found = await solvers.solve(captcha.solvers, challenge);
    Object.assign(saw, { solver: found.solver, text: found.text });
    return found;
  });
  notes.answer = answer;
  scope.captcha = { text: answer.text };
}

async function fetchImage(
  attempt: Attempt,
  referer: string,
  saw: Record<string, unknown>,
): Promise<{ body: Buffer; contentType: string }> {
  const { login, definition, browser, clock, random, notes, redactor } = attempt;
  const { cacheBuster } = login.captcha!;
  const { url: address, headers: common } = await addressOf(attempt, login.captcha!, referer);
  let url = address;
  if (url.startsWith('data:')) return inlineImage(definition, url, saw);
  const headers = { ...common, referer };
  if (cacheBuster !== undefined) {
    const value = clock.now() + 1_000 + Math.floor(random.fraction() * 9_000);
    url += `${url.includes('?') ? '&' : '?'}${encodeURIComponent(cacheBuster)}=${value}`;
  }
  notes.captchaUrl = redactor.redact(url, 500);
  const first = await browser.open({ method: 'GET', url, headers }, { repeat: true });
  const visit = await browser.follow(first, { method: 'GET', headers });
  const { status, body, headers: received } = visit.answer;
  await describeResponse(attempt, visit, saw);
  const contentType = imageType(body, received['content-type']);
  Object.assign(saw, { bytes: body.length, contentType });
  if (status !== 200) throw unavailable(definition, 'captcha', `its captcha answered ${status}`);
  if (contentType === undefined) throw unavailable(definition, 'captcha', 'its captcha is not an image');
  return { body, contentType };
}

/** Where the picture is: below `baseUrl`, or where the page says, which may hold the picture itself. */
async function addressOf(
  attempt: Attempt,
  { path, url }: NonNullable<Attempt['login']['captcha']>,
  pageUrl: string,
): Promise<{ url: string; headers: Record<string, string> }> {
  if (url === undefined) return prepare(attempt, path!, ACCEPT_IMAGE);
  const { definition, scope } = attempt;
  const written = renderText(url, scope, 'none');
  const headers = commonHeaders(attempt, ACCEPT_IMAGE);
  if (written.startsWith('data:')) return { url: written, headers };
  const resolved = URL.parse(written, pageUrl);
  if (resolved?.origin !== new URL(definition.baseUrl).origin) {
    throw unavailable(definition, 'captcha', 'the address of its captcha is not on its own site');
  }
  resolved.hash = '';
  return { url: resolved.href, headers };
}

/** RFC 2397: APIs that are made for pages give the picture as text. */
function inlineImage(
  definition: PlatformDefinition,
  url: string,
  saw: Record<string, unknown>,
): { body: Buffer; contentType: string } {
  const [, type, base64] = /^data:([^;,]*)[^,]*;base64,(.*)$/s.exec(url) ?? [];
  const body = Buffer.from(base64 ?? '', 'base64');
  const contentType = imageType(body, type);
  Object.assign(saw, { bytes: body.length, contentType });
  if (contentType === undefined) throw unavailable(definition, 'captcha', 'its captcha is not an image');
  return { body, contentType };
}
