const SLOTS = 4_096;

/**
 * Does any of these texts occur in another? By Wu and Manber ("A fast algorithm for multi-pattern searching", 1994)
 * with blocks of two characters: most of a text is skipped unread, however many texts are looked for. An alternation
 * of regular expressions takes some ten times as long.
 * @param needles at least two characters each.
 */
export function seek(needles: readonly string[]): (text: string) => boolean {
  const window = Math.min(...needles.map((needle) => needle.length), 200);
  /** How far the window may move on when its last two characters have this hash. */
  const shifts = new Uint8Array(SLOTS).fill(window - 1);
  const ending: string[][] = [];
  for (const needle of needles) {
    for (let end = 1; end < window; end++) {
      const slot = slotAt(needle, end);
      shifts[slot] = Math.min(shifts[slot]!, window - 1 - end);
    }
    (ending[slotAt(needle, window - 1)] ??= []).push(needle);
  }

  return (text) => {
    for (let end = window - 1; end < text.length;) {
      const slot = slotAt(text, end);
      const shift = shifts[slot]!;
      if (shift === 0 && ending[slot]!.some((needle) => text.startsWith(needle, end - window + 1)))
        return true;
      end += shift || 1;
    }
    return false;
  };
}

const slotAt = (text: string, end: number): number =>
  ((text.charCodeAt(end - 1) << 6) ^ text.charCodeAt(end)) & (SLOTS - 1);
