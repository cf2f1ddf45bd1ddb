/**
 * Path segments that some server, framework or file system reads as `.` or `..`, in any encoding:
 * percent-encoded, also repeatedly; overlong UTF-8; full-width; followed by path parameters (`..;x`) or by
 * spaces and dots that Windows cuts off.
 */

/** No legitimate path is percent-encoded more often than this. */
const MAX_DECODING = 5;

/**
 * The path, then the path percent-decoded once, twice, ... until nothing changes. Characters are bytes
 * (latin1): what the platform's charset is does not matter for "/", "." and "\".
 * `undefined` when it still changes after five rounds.
 */
export function decodings(path: string): string[] | undefined {
  const views = [Buffer.from(path, 'utf8').toString('latin1')];
  for (let round = 0; round <= MAX_DECODING; round++) {
    const last = views[views.length - 1]!;
    const next = percentDecode(last);
    if (next === last) return views;
    views.push(next);
  }
  return undefined;
}

/** Does any reading of this path hold a dot segment? `?` and what follows is not looked at. */
export function hasDotSegment(path: string): boolean {
  const views = decodings(path.split('?', 1)[0]!);
  return views === undefined || views.some(holdsDotSegment);
}

/** The same for one reading, as `decodings` gives them. */
export function holdsDotSegment(view: string): boolean {
  if (DOT_SEGMENT.test(view)) return true;
  if (!NOT_ASCII.test(view)) return false;
  const disguised = view.replace(OVERLONG, (bytes) => OVERLONG_MEANING.get(bytes) ?? bytes);
  const composed = Buffer.from(view, 'latin1').toString('utf8').normalize('NFKC');
  return DOT_SEGMENT.test(disguised) || DOT_SEGMENT.test(composed);
}

/** A server that decodes before it cuts the query off ends a segment at `?` and `#` too. */
const DOT_SEGMENT = /(?:^|[/\\])\s*\.[.\s]*(?:$|[/\\;?#])/;
const NOT_ASCII = /[\x80-\xff]/;

/** What ends a segment or is a dot, as old decoders of UTF-8 also read it: in two bytes or three where one is right. */
const OVERLONG_MEANING = new Map(
  Array.from('./\\;?#').flatMap((character) => {
    const code = character.charCodeAt(0);
    const last = String.fromCharCode(0x80 | (code & 0x3f));
    return [
      [`${String.fromCharCode(0xc0 | (code >> 6))}${last}`, character],
      [`\xe0${String.fromCharCode(0x80 | (code >> 6))}${last}`, character],
    ];
  }),
);
const OVERLONG = new RegExp([...OVERLONG_MEANING.keys()].join('|'), 'g');

function percentDecode(view: string): string {
  if (!view.includes('%')) return view;
  return view.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
