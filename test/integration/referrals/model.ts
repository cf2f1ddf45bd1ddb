import { expect } from 'vitest';
import type { Scene } from './scene.ts';

/** The simplest model that could be right: a map from person to superior. */
export class Model {
  readonly superior = new Map<number, number>();
  readonly people = new Set<number>();
  readonly changes = new Map<number, (number | null)[]>();

  /** `false`: refused, nothing is applied. */
  register(uid: number, superiors: number[]): boolean {
    const next = new Map(this.superior);
    const chain = [uid, ...superiors];
    if (superiors.length === 0) next.delete(uid);
    for (let at = 0; at + 1 < chain.length; at++) next.set(chain[at]!, chain[at + 1]!);
    for (const start of next.keys()) {
      const seen = new Set<number>();
      for (let at: number | undefined = start; at !== undefined; at = next.get(at)) {
        if (seen.has(at)) return false;
        seen.add(at);
      }
    }
    for (const person of chain) {
      this.people.add(person);
      if (this.superior.get(person) === next.get(person)) continue;
      this.changes.set(person, [...(this.changes.get(person) ?? []), next.get(person) ?? null]);
    }
    this.superior.clear();
    for (const [child, parent] of next) this.superior.set(child, parent);
    return true;
  }

  up(uid: number): number[] {
    const chain: number[] = [];
    for (let at = this.superior.get(uid); at !== undefined && chain.length < 3; at = this.superior.get(at)) {
      chain.push(at);
    }
    return chain;
  }

  down(uid: number): { uid: number; generation: number }[] {
    return [...this.people]
      .map((person) => ({ uid: person, generation: this.up(person).indexOf(uid) + 1 }))
      .filter(({ generation }) => generation > 0)
      .sort((a, b) => a.generation - b.generation || a.uid - b.uid);
  }
}

/** What the store answers about every person is what the model says. */
export async function expectSame({ users, context }: Scene, model: Model): Promise<void> {
  for (const uid of model.people) {
    const down = model.down(uid);
    const team = await users.downline(uid, { level: 3, limit: 100 }, context);
    expect(team.items.map(({ uid: one, generation }) => ({ uid: one, generation }))).toEqual(down);
    expect(team.count).toBe(down.length);
    const direct = await users.downline(uid, { level: 1, limit: 1 }, context);
    expect(direct.count).toBe(down.filter(({ generation }) => generation === 1).length);
    expect((await users.user(uid, context)).superiors).toEqual(model.up(uid));
  }
}

/** A person's superior follows from the history, without a gap. */
export async function expectHistory(s: Scene, model: Model): Promise<void> {
  for (const uid of model.people) {
    const history = await s.history(uid);
    expect(history.map(({ number }) => number)).toEqual(history.map((_, index) => index + 1));
    expect(history.map(({ after }) => after)).toEqual(model.changes.get(uid) ?? []);
    for (const [index, { before }] of history.entries())
      expect(before).toBe(history[index - 1]?.after ?? null);
  }
}
