const MAX_EXCERPT_BYTES = 4_096;

/** Cut at 4 KB of UTF-8, between characters. */
export function excerpt(text: string): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= MAX_EXCERPT_BYTES) return text;
  // A streaming decoder holds a character that was cut back instead of showing a wrong one.
  return new TextDecoder().decode(bytes.subarray(0, MAX_EXCERPT_BYTES), { stream: true });
}
