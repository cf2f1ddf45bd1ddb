/** Where a recorded captcha picture comes from, without what belonged to that one login. */
import { elementsOf, parsePage } from '../../text/html/page.ts';
import type { Entry } from './har-entries.ts';
import { inputsOf } from './har-fields.ts';
import { isKey, literal } from './names.ts';
import { CHANGE_ME } from './scrub.ts';

export interface DraftedCaptcha {
  step: { path?: string; url?: string; cacheBuster?: string; codetype: number; solvers: string[] };
  /** What the page step has to extract for its path. */
  extract: Record<string, { selector: string; attribute: string }>;
  notes: string[];
}

/** A key, a hash or an id of one visit: long, and no word. */
const PASSING = /^(?=(?:.*\d){3})[\w-]{16,}$|^[0-9a-f]{12,}$/i;
/** Shorter values stand on a page by chance. */
const SHORTEST_KEY = 6;

const SOLVED = { codetype: 1004, solvers: ['CHAOJIYING', 'MANUAL'] };
const CHOOSE = 'captcha.codetype: 1004 is 1 to 4 letters and digits; choose the type that fits the picture.';

/** The picture is in an answer itself. */
export const inlineCaptcha = (url: string): DraftedCaptcha => ({
  step: { url, ...SOLVED },
  extract: {},
  notes: [CHOOSE],
});

export function draftCaptcha(image: Entry, page: Entry | undefined): DraftedCaptcha {
  const drafted = byPath(image, page);
  const attribs = drafted.lost ? imageOn(page, image.url) : undefined;
  if (!attribs) return drafted;
  const selector = attribs['id']
    ? `img[id="${attribs['id']}"]`
    : `img[${attribs['class'] ? `class="${attribs['class']}"` : 'src'}]`;
  return {
    step: { url: '{{page.captchaImage}}', ...SOLVED },
    extract: { captchaImage: { selector, attribute: 'src' } },
    notes: [CHOOSE],
  };
}

/** The element that shows the picture, where it can be told from others. */
function imageOn(page: Entry | undefined, url: URL): Record<string, string> | undefined {
  if (!page) return undefined;
  const images = [...elementsOf(parsePage(page.text), 'img[src]')];
  const shown = images.find(({ attribs }) => URL.parse(attribs['src']!, page.url)?.href === url.href);
  const { id, class: style } = shown?.attribs ?? {};
  const isAlone = images.filter(({ attribs }) => attribs['class'] === style).length === 1;
  return shown && (id !== undefined ? isKey(id) : isAlone && !style?.includes('"'))
    ? shown.attribs
    : undefined;
}

function byPath({ url }: Entry, page: Entry | undefined): DraftedCaptcha & { lost: boolean } {
  const notes = [CHOOSE];
  let lost = false;
  const extract: DraftedCaptcha['extract'] = {};
  const onPage = [...inputsOf(page)];
  /** The value as a template; `undefined`: it belonged to that visit, and no input of the page has it. */
  const lasting = (value: string): string | undefined => {
    const [field] = onPage.find(([, input]) => input.value === value && value.length >= SHORTEST_KEY) ?? [];
    if (field === undefined) return PASSING.test(value) ? undefined : literal(value);
    extract['captchaKey'] = { selector: `input[name="${field.replaceAll('"', '\\"')}"]`, attribute: 'value' };
    return '{{page.captchaKey}}';
  };

  const cacheBuster = [...url.searchParams].find(
    ([name, value]) => /^\d{10,}$|^0\.\d+$/.test(value) || /^(?:0\.)?\d{6,}$/.test(name),
  );
  const path = url.pathname.split('/').map((segment) => {
    const kept = lasting(segment);
    if (kept === undefined) {
      lost = true;
      notes.push(`captcha.path: ${CHANGE_ME} stands for what changes with each login.`);
    }
    return kept ?? CHANGE_ME;
  });
  const query = [...url.searchParams].flatMap(([name, value]) => {
    if (name === cacheBuster?.[0]) return [];
    const kept = lasting(value);
    if (kept === undefined) {
      lost = true;
      notes.push(`captcha.path: ${name} changes with each login and was left out.`);
    }
    return kept === undefined
      ? []
      : [`${encodeURIComponent(name)}=${kept.startsWith('{{') ? kept : encodeURIComponent(value)}`];
  });
  return {
    step: {
      path: path.join('/') + (query.length > 0 ? `?${query.join('&')}` : ''),
      ...(cacheBuster ? { cacheBuster: /^[A-Za-z_]\w*$/.test(cacheBuster[0]) ? cacheBuster[0] : 't' } : {}),
      ...SOLVED,
    },
    extract,
    notes,
    lost,
  };
}
