/** Where a recorded captcha picture comes from, without what belonged to that one login. */
import type { Entry } from './har-entries.ts';
import { inputsOf } from './har-fields.ts';

export interface DraftedCaptcha {
  step: { path: string; cacheBuster?: string; codetype: number; solvers: string[] };
  /** What the page step has to extract for its path. */
  extract: Record<string, { selector: string; attribute: string }>;
  notes: string[];
}

/** A key, a hash or an id of one visit: long, and no word. */
const PASSING = /^(?=(?:.*\d){3})[\w-]{16,}$|^[0-9a-f]{12,}$/i;
/** Shorter values stand on a page by chance. */
const SHORTEST_KEY = 6;

export function draftCaptcha({ url }: Entry, page: Entry | undefined): DraftedCaptcha {
  const notes = [
    'captcha.codetype: 1004 is 1 to 4 letters and digits; choose the type that fits the picture.',
  ];
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
    if (kept === undefined) notes.push(`captcha.path: ${CHANGE_ME} stands for what changes with each login.`);
    return kept ?? CHANGE_ME;
  });
  const query = [...url.searchParams].flatMap(([name, value]) => {
    if (name === cacheBuster?.[0]) return [];
    const kept = lasting(value);
    if (kept === undefined) notes.push(`captcha.path: ${name} changes with each login and was left out.`);
    return kept === undefined
      ? []
      : [`${encodeURIComponent(name)}=${kept.startsWith('{{') ? kept : encodeURIComponent(value)}`];
  });
  return {
    step: {
      path: path.join('/') + (query.length > 0 ? `?${query.join('&')}` : ''),
      ...(cacheBuster ? { cacheBuster: /^[A-Za-z_]\w*$/.test(cacheBuster[0]) ? cacheBuster[0] : 't' } : {}),
      codetype: 1004,
      solvers: ['CHAOJIYING', 'MANUAL'],
    },
    extract,
    notes,
  };
}

const CHANGE_ME = 'CHANGE_ME';

/** Recorded text as a template that renders to itself. */
export function literal(text: string): string {
  return text.replaceAll('{{', '%7B%7B');
}
