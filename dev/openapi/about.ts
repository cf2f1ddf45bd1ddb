/** What the document says of the API as a whole: for the reader of the docs page, before the first route. */
import { ROLES } from '../../lib/access/roles.ts';
import { PROBLEMS } from '../../lib/api/problem.ts';

/** Markdown. */
export const DESCRIPTION = `One clean, safe HTTP API in front of third-party systems that are awkward to use.

## Keys and roles

Send \`Authorization: Bearer gh_...\`. Each route names its least role: ${ROLES.map((role) => `\`${role}\``).join(' < ')}. A \`viewer\` reads, but does not call third parties (\`x-not-for\`). A key may be limited to scopes (\`CODE:operation\`, \`CODE:*\`, \`money:read\`); \`x-scope\` says which covers a route, and \`none\` is for no such key. People log in (\`POST /v1/session\`): with their cookie, every request but \`GET\` and \`HEAD\` carries \`X-CSRF-Token\`.

## Lists

A list is \`{"items": [...], "cursor"?}\`. Where there is a \`cursor\`, the same request with it gives the next page.

## Errors

Every error is a problem (RFC 9457), \`application/problem+json\`: \`{type, title, status, code, detail, requestId, retryable, errors?, upstream?}\`. Decide by \`code\`; \`retryable\` says whether the same request may succeed later; \`Retry-After\` says when. Webhooks answer their senders in their own shape: \`{success, code, error}\`.

${Object.entries(PROBLEMS)
  .map(([code, { status, title }]) => `- \`${code}\`, ${status}: ${title}`)
  .join('\n')}
`;

/** By tag, in the order of the page. */
export const TAGS: Record<string, string> = {
  Calls: 'What business code needs: operations of third parties, alone or in batches, and the raw proxy.',
  Users: 'Users of the promotion partner, and who referred whom.',
  Webhooks: 'Callbacks of partners, and their record.',
  Money: 'Transfers, accounts, statements. Amounts are exact decimals in strings.',
  Services: 'What a key may call; definitions of third parties.',
  Credentials: 'Credentials of third parties; values are never shown.',
  Sessions: 'Sessions of platforms that only let a browser in, and the logins behind them.',
  Limits: 'Quotas and circuit breakers.',
  Captchas: 'Captchas that a person reads.',
  Watching: 'The call log.',
  Alerts: 'What needs care, and who is told of it.',
  Exports: 'Lists as files: `Link` with `rel="next"` leads from page to page.',
  Audit: 'Who changed what, provably in this order.',
  Events: 'Who in the business is told of what, and what was sent to them.',
  Keys: 'Keys to this API.',
  People: 'People who log in with a password.',
  About: 'Health, and this description.',
};
