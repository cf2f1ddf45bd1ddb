import { redactText } from '../text/redaction/redact.ts';
import type { SentSecrets } from './mask-sent.ts';

/** What is kept or shown of a text, characters. */
const EXCERPT = 4_096;
/** Of a text, no more than this is searched for what may be shown of it; at its end a secret may be cut in half. */
const SEARCHED = { length: 96_000, doubtful: 24_000 };

/** Known secrets first: a mask by name, or the cut, may leave half of one that nobody recognises any more. */
export function excerptOf(text: string, secrets: SentSecrets): string {
  if (text.length <= SEARCHED.length) return redactText(secrets.mask(text), EXCERPT);
  return redactText(secrets.mask(text.slice(0, SEARCHED.length)).slice(0, -SEARCHED.doubtful), EXCERPT);
}
