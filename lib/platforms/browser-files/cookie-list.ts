import * as z from 'zod';
import { fieldErrors } from '../../runtime/field-errors.ts';
import { GatewayError } from '../../runtime/errors.ts';
import type { FoundCookie } from './found.ts';

const Seconds = z.number().nullish();

/** As EditThisCookie and Cookie-Editor (`expirationDate`), Playwright (`expires`) and Selenium (`expiry`) write it. */
const ListedCookie = z.object({
  name: z.string(),
  value: z.string(),
  domain: z.string().min(1),
  path: z.string().default('/'),
  hostOnly: z.boolean().nullish(),
  secure: z.boolean().nullish(),
  session: z.boolean().nullish(),
  expirationDate: Seconds,
  expires: Seconds,
  expiry: Seconds,
});

const CookieList = z.array(ListedCookie);
/** Playwright's `storageState`. */
const State = z.object({ cookies: CookieList });

/** The JSON that browser extensions export. @throws GatewayError `VALIDATION_FAILED` naming what is not as they write it. */
export function readCookieList(document: unknown): FoundCookie[] {
  const isList = Array.isArray(document);
  const parsed = isList ? CookieList.safeParse(document) : State.safeParse(document);
  if (!parsed.success) {
    const [fault] = fieldErrors(parsed.error);
    throw new GatewayError(
      'VALIDATION_FAILED',
      `This is no list of cookies: ${fault?.field} ${fault?.message}.`,
    );
  }
  const cookies = 'cookies' in parsed.data ? parsed.data.cookies : parsed.data;
  return cookies.map(({ name, value, domain, path, hostOnly, secure, session, ...ends }) => {
    const seconds = ends.expirationDate ?? ends.expires ?? ends.expiry ?? -1;
    return {
      name,
      value,
      domain,
      // A dot before it is what browsers show of a cookie for the hosts below too.
      hostOnly: hostOnly ?? !domain.startsWith('.'),
      path: path === '' ? '/' : path,
      expires: session || seconds < 0 ? undefined : seconds * 1_000,
      secure: secure ?? false,
    };
  });
}
