import { LRUCache } from 'lru-cache';
import { RE2JS } from 're2js';

/** Definitions hold far fewer patterns. Marked pure so that a bundle without patterns leaves it and RE2 out. */
const compiled = /* @__PURE__ */ new LRUCache<string, RE2JS>({ max: 1_024 });

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
  const known = compiled.get(pattern);
  if (known) return known;
  const fresh = RE2JS.compile(pattern);
  compiled.set(pattern, fresh);
  return fresh;
}
