/**
 * @param url with the caller's query, percent-encoded.
 * @param own parameters that carry our credentials; each replaces every parameter of the caller's by that name,
 *   in any case: servers differ in whether the first or the last of two counts.
 * @returns the URL; what is not replaced stays as it was written.
 */
export function withOwnQuery(url: string, own: Record<string, string> | undefined): string {
  if (!own) return url;
  const start = url.indexOf('?');
  const path = start < 0 ? url : url.slice(0, start);
  const given = start < 0 ? [] : url.slice(start + 1).split('&');
  const names = new Set(Object.keys(own).map((name) => name.toLowerCase()));
  const kept = given.filter((pair) => pair !== '' && !namesOf(pair).some((name) => names.has(name)));
  const ours = Object.entries(own).map((pair) => pair.map(encodeURIComponent).join('='));
  return `${path}?${[...kept, ...ours].join('&')}`;
}

/** Lower-case and decoded. Some servers also separate parameters by ";". */
function namesOf(pair: string): string[] {
  return pair.split(';').flatMap((part) => [...new URLSearchParams(part).keys()].map((n) => n.toLowerCase()));
}
