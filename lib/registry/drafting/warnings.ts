/** What a recording lacks, or does in a way that a person has to decide on. */
import type { Recording } from './recording.ts';

/** Of RSA, in base64. */
export const ENCRYPTED = /^[\w+/]{86,}={0,2}$/;

export function warnings(
  { entries, submit, isSecret }: Recording,
  hasCaptcha: boolean,
  hasKey: boolean,
): string[] {
  const notes: string[] = [];
  if (submit.url.protocol === 'http:')
    notes.push(
      'The recording is of http:, which is allowed in stage local on a loopback address only; else baseUrl is https:.',
    );
  const password = submit.fields.find(([name]) => isSecret(name))?.[1] ?? '';
  if (/^[0-9a-f]{32}$|^[0-9a-f]{40}$|^[0-9a-f]{64}$/i.test(password)) {
    notes.push(
      'The browser sent a digest of the password: store the digest as the credential, or write a filter ({{credentials.password | md5}}).',
    );
  } else if (password.length >= 64 && ENCRYPTED.test(password) && !hasKey) {
    notes.push(
      "The browser sent the password encrypted: find the key in the page's script and write a filter ({{credentials.password | rsa: ...}}).",
    );
  }
  if (!hasCaptcha) notes.push('No captcha was found in the recording.');
  if (
    entries.every(
      ({ cookies, requestHeaders }) =>
        Object.keys(cookies).length === 0 && !('authorization' in requestHeaders),
    )
  ) {
    notes.push(
      'The recording has no cookies: browsers leave them out of what they call a sanitized export. Record again and export with sensitive data.',
    );
  }
  if (submit.text === '' && submit.location === undefined && submit.status === 200) {
    notes.push(
      'The login\'s answer is not in the recording: browsers drop it when the page changes. Record again with "Preserve log" on.',
    );
  }
  return notes;
}
