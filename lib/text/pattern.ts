/**
 * Patterns of definitions, in RE2 syntax. RE2 takes time in proportion to the text and to the pattern's size, but
 * counted repetitions multiply that size (`.{0,1000}` is a thousand states): size, and size × text, are bounded.
 */
import { LRUCache } from 'lru-cache';
import { RE2JS } from 're2js';

/** Definitions hold far fewer patterns. Marked pure so that a bundle without patterns leaves it and RE2 out. */
const compiled = /* @__PURE__ */ new LRUCache<string, RE2JS>({ max: 1_024 });

/** Longest pattern as written, characters. */
const MAX_PATTERN = 1_000;
/** Instructions that a pattern may compile to. */
const MAX_SIZE = 500;
/** Instructions × characters of one search: a few tenths of a second at worst. */
const MAX_WORK = 8_000_000;

/**
 * Does the pattern match anywhere in `text`? Only the first `reachOf(pattern)` characters are looked at.
 * @throws Error for what is not RE2 syntax.
 */
export function matchesPattern(pattern: string, text: string): boolean {
  return compilePattern(pattern)
    .matcher(text.slice(0, reachOf(pattern)))
    .find();
}

/**
 * What the pattern finds: its first group, or all where it has none. `undefined`: nothing. Looks as far as `matchesPattern`.
 * @param spend is told of the work that it took: instructions × characters.
 */
export function findPattern(
  pattern: string,
  text: string,
  spend?: (work: number) => void,
): string | undefined {
  const program = compilePattern(pattern);
  const searched = text.slice(0, reachOf(pattern));
  const matcher = program.matcher(searched);
  const isFound = matcher.find();
  spend?.(program.programSize() * (isFound ? matcher.end() : searched.length));
  if (!isFound) return undefined;
  return matcher.groupCount() > 0 ? (matcher.group(1) ?? undefined) : (matcher.group() ?? undefined);
}

/** How many characters of a text a search for the pattern looks at; 16,000 for the largest that is allowed. */
export function reachOf(pattern: string): number {
  return Math.floor(MAX_WORK / compilePattern(pattern).programSize());
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

/** Says why a pattern may not be written into a definition; `undefined` when it may. */
export function patternProblem(pattern: string): string | undefined {
  if (pattern.length > MAX_PATTERN) return `must have at most ${MAX_PATTERN} characters`;
  if (!isPattern(pattern)) return 'is not a pattern in RE2 syntax';
  const size = compilePattern(pattern).programSize();
  if (size <= MAX_SIZE) return undefined;
  return `is too large: it makes ${size} instructions, ${MAX_SIZE} are allowed; repeat less ("{0,1000}")`;
}

/** @throws Error for what is not RE2 syntax (backreferences and lookarounds are not). */
function compilePattern(pattern: string): RE2JS {
  const known = compiled.get(pattern);
  if (known) return known;
  const fresh = RE2JS.compile(pattern);
  compiled.set(pattern, fresh);
  return fresh;
}
