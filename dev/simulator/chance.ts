/** Chance that a seed decides. Each purpose has a stream of its own: what one draws changes nothing for another. */
import { seeded } from '../seeded.ts';

export interface Chance {
  /** In [0, 1). */
  fraction(): number;
  /** 0 to `count - 1`. */
  upTo(count: number): number;
  between(least: number, most: number): number;
  happens(share: number): boolean;
  oneOf<T>(list: readonly T[]): T;
  /** A stream of its own, the same for the same name. */
  branch(name: string | number): Chance;
}

export function chance(name: string): Chance {
  const fraction = seeded(numberOf(name));
  const upTo = (count: number) => Math.floor(fraction() * count);
  return {
    fraction,
    upTo,
    between: (least, most) => least + fraction() * (most - least),
    happens: (share) => fraction() < share,
    oneOf: (list) => list[upTo(list.length)]!,
    branch: (other) => chance(`${name}/${other}`),
  };
}

/** FNV-1a. */
function numberOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}
