import { RE2JS } from 're2js';

/** At most this many patterns are kept compiled; definitions hold far fewer. */
const CACHE_SIZE = 1_024;
const cache = new Map<string, RE2JS>();

/** Does the pattern (RE2 syntax) match anywhere in `text`? Linear in the length of `text`, whatever the pattern. */
export function matchesPattern(pattern: string, text: string): boolean {
  return compilePattern(pattern).matcher(text).find();
}

/** Is it a pattern at all? For the definition's schema. */
export function isPattern(pattern: string): boolean {
  try {
    compilePattern(pattern);
    return true;
  } catch {
    return false;
  }
}

/** @throws Error for what is not RE2 syntax (backreferences and lookarounds are not). */
function compilePattern(pattern: string): RE2JS {
  const known = cache.get(pattern);
  if (known) return known;
  const compiled = RE2JS.compile(pattern);
  if (cache.size >= CACHE_SIZE) cache.clear();
  cache.set(pattern, compiled);
  return compiled;
}
