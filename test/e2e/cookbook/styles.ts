/** What every style of the cookbook holds: one login, one renewal, no account burnt, and the messages of its page. */
import { describe, expect, it } from 'vitest';
import type { Answer, Gatehouse } from '../../gatehouse.ts';
import type { Peer, PeerHandler } from '../../peer.ts';
import { withPeer } from '../../with-peer.ts';
import { recipeOf } from './recipe.ts';
import type { Definition, Recipe } from './recipe.ts';
import { typed } from './shell.ts';

/** A platform that refuses whatever is not exactly right. */
export interface Platform {
  handler: PeerHandler;
  /** How often somebody came with a password, a key or a refresh token. */
  tries: () => number;
  /** Ends every session. Absent: there are none. */
  end?: () => void;
}

interface Style {
  page: string;
  code: string;
  platform: () => Platform;
  /** What the page's call gives. */
  data: unknown;
  /** Credentials that the platform refuses, and what callers are told. */
  wrong: Record<string, string>;
  refusal: string;
  /** Runs the page's commands too, as a shell does. */
  shell?: true;
  /** By its name: what one does wrong, and what the page says that one is told. */
  mistakes?: Record<string, Mistake>;
}

interface Changes {
  /** By JSON pointer into the definition; `undefined` takes it out. */
  definition?: Record<string, unknown>;
  credentials?: Record<string, unknown>;
}

interface Mistake extends Changes {
  platform?: () => Platform;
  /** It shows when the session has ended. */
  ended?: true;
  says: string;
}

const CALLERS = 5;

const outcome = (answer: Answer) => `${answer.status} ${answer.at<string>('code') ?? ''}`.trim();

/** What the command line prints; the time until which something is paused stands as `...`. */
export function message(answer: Answer): string {
  if (outcome(answer) === '200') return '200';
  const errors = answer.at<{ field: string; message: string }[] | undefined>('errors');
  const text = errors
    ? errors.map(({ field, message: what }) => `${field}: ${what}`).join('; ')
    : `${answer.at<string>('code')}: ${answer.at<string>('detail')}`;
  return text.replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '...').replaceAll(SUFFIX, '');
}

/** Services of one definition are told apart by it; pages do not have it. */
const SUFFIX = /_TRIED_\d+/g;

function change(draft: Definition, pointer: string, value: unknown): void {
  const names = pointer.split('/').slice(1);
  const last = names.pop()!;
  const parent = names.reduce<Record<string, unknown>>(
    (node, name) => node[name] as Record<string, unknown>,
    draft,
  );
  parent[last] = value;
}

/** Both pages show the message, word by word. */
export function expectQuoted({ pages }: Recipe, text: string): void {
  // A cell of a table writes its `|` so.
  for (const page of pages) expect(page.replaceAll('\\|', '|')).toContain(`\`${text}\``);
}

/** The product and a peer for all tests of a file: call it at the top. */
export function cookbook() {
  let gatehouse: Gatehouse;
  let peer: Peer;
  let count = 0;
  withPeer((both) => ({ gatehouse, peer } = both));

  const atPeer = (url: string) => peer.url + new URL(url).pathname.replace(/\/$/, '');

  /** The page's definition, at the peer. */
  function placed({ definition }: Recipe, { definition: changes = {} }: Changes): Definition {
    const draft = structuredClone(definition);
    for (const [pointer, value] of Object.entries(changes)) change(draft, pointer, value);
    draft.baseUrl = atPeer(draft.baseUrl);
    if (draft.auth['tokenUrl']) draft.auth['tokenUrl'] = atPeer(draft.auth['tokenUrl'] as string);
    return draft;
  }

  /** Puts what the page says, with changes under another name; answers what calls it as the page does. */
  async function cook(recipe: Recipe, changes?: Changes) {
    const draft = placed(recipe, changes ?? {});
    if (changes) draft.code += `_TRIED_${(count += 1)}`;
    await gatehouse.register(draft, changes?.credentials ?? recipe.credentials);
    const call = () => gatehouse.call(draft.code, recipe.operation, recipe.params);
    return { code: draft.code, call };
  }

  async function tell(recipe: Recipe, platform: Platform, mistake: Mistake): Promise<string> {
    const put = await gatehouse.ask('PUT', '/v1/admin/services/REFUSED_TRIED_0', {
      body: { ...placed(recipe, mistake), code: 'REFUSED_TRIED_0' },
    });
    if (put.status === 422) return message(put);
    const { call } = await cook(recipe, mistake);
    const first = await call();
    if (!mistake.ended) return message(first);
    expect(outcome(first)).toBe('200');
    platform.end!();
    return message(await call());
  }

  function holds(style: Style): void {
    const { page, code, data, wrong, refusal, shell, mistakes = {} } = style;
    const start = (platform = style.platform()) => {
      peer.answer(platform.handler);
      return platform;
    };

    describe(`the style ${code}`, () => {
      it('gives what the page says for one login, and one more when the session has ended', async () => {
        const platform = start();
        const { call } = await cook(recipeOf(page, code));
        const together = async () => {
          for (const answer of await Promise.all(Array.from({ length: CALLERS }, call))) {
            expect([message(answer), answer.at('data')]).toEqual(['200', data]);
          }
        };
        await together();
        if (!platform.end) return;
        expect(platform.tries()).toBe(1);
        platform.end();
        await together();
        expect(platform.tries()).toBe(2);
      });

      it.each(shell ? ['commands'] : [])('is put behind Gatehouse by the %s of the page', async () => {
        start();
        const recipe = recipeOf(page, code);
        const { url, stack } = gatehouse;
        const out = await typed(placed(recipe, {}), recipe, { url, key: stack.adminKey });
        expect(out).toContain(JSON.stringify(data, null, 2));
      });

      it('tries wrong credentials three times', async () => {
        const platform = start();
        const recipe = recipeOf(page, code);
        const tried = await cook(recipe, { credentials: { ...recipe.credentials, ...wrong } });
        expect(message(await tried.call())).toBe(refusal);
        expectQuoted(recipe, refusal);
        // Between failed logins callers wait; an operator need not.
        const again = () =>
          recipe.definition.auth['type'] === 'SESSION'
            ? gatehouse.ask('POST', `/v1/admin/services/${tried.code}/session/login`, { body: {} })
            : tried.call();
        for (let n = 0; n < 4; n += 1) await again();
        const paused = await tried.call();
        expect(outcome(paused)).toBe('502 AUTHENTICATION_FAILED');
        expect(message(paused)).toMatch(/paused until|not sent before/);
        expect(platform.tries()).toBe(3);
      });

      it.each(Object.entries(mistakes))('says what is wrong: %s', async (_name, mistake) => {
        const platform = start(mistake.platform?.());
        const recipe = recipeOf(page, code);
        expect(await tell(recipe, platform, mistake)).toBe(mistake.says);
        expectQuoted(recipe, mistake.says);
      });
    });
  }

  return { gatehouse: () => gatehouse, peer: () => peer, cook, holds };
}
