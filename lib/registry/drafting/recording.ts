/** What a recording shows: the login that got in, its attempts before, and what came around it. */
import { GatewayError } from '../../runtime/errors.ts';
import { readHar } from './har-entries.ts';
import type { Entry } from './har-entries.ts';
import { isPassword } from './har-fields.ts';
import { isStatic } from './requests-inside.ts';

export interface Recording {
  entries: Entry[];
  /** The form that got in. */
  submit: Entry;
  /** Attempts before it, at the same address. */
  failed: Entry[];
  before: Entry[];
  after: Entry[];
  /** The page that its redirects led to. */
  landing: Entry | undefined;
  isSecret: (field: string) => boolean;
}

/** @throws GatewayError `VALIDATION_FAILED` when it is not a HAR, or contains no form with a password. */
export function readRecording(har: unknown): Recording {
  const entries = readHar(har);
  const isSecret = isPassword(entries.filter(({ type }) => /html/.test(type)));
  const attempts = entries.filter(
    ({ method, fields }) => method !== 'GET' && fields.some(([name]) => isSecret(name)),
  );
  // A later form with a password at another address changes it.
  const [first] = attempts;
  const sameForm = attempts.filter((each) => first && addressOf(each) === addressOf(first));
  const submit = sameForm.at(-1);
  if (!submit)
    throw new GatewayError('VALIDATION_FAILED', 'The recording contains no form with a password field.');
  const sameOrigin = entries.filter(({ url }) => url.origin === submit.url.origin);
  const after = sameOrigin.filter((entry) => entry.at > submit.at && !isStatic(entry));
  return {
    entries,
    submit,
    failed: sameForm.slice(0, -1),
    before: sameOrigin.filter(({ at }) => at < submit.at),
    after,
    landing: landingOf(submit, after),
    isSecret,
  };
}

const addressOf = ({ url }: Entry) => url.origin + url.pathname;

/** Follows at most 5 redirects, as a login does. */
function landingOf(submit: Entry, after: readonly Entry[]): Entry | undefined {
  let current = submit;
  for (let hops = 0; hops < 5; hops += 1) {
    const { location, status } = current;
    if (location === undefined || status < 300 || status >= 400) break;
    const target = URL.parse(location, current.url)?.href;
    const next = after.find(
      (entry) => entry.at > current.at && entry.method === 'GET' && entry.url.href === target,
    );
    if (!next) return undefined;
    current = next;
  }
  return current !== submit && current.status === 200 ? current : undefined;
}
