/** `T` whose members that may be `undefined` may be absent instead. */
export type OmitUndefined<T> = {
  [K in keyof T as undefined extends T[K] ? never : K]: T[K];
} & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/**
 * A copy without the members that are `undefined`: what `exactOptionalPropertyTypes` asks for where a value
 * may not be known. Allocates twice; where calls per second count, spell it out.
 */
export function omitUndefined<T extends object>(value: T): OmitUndefined<T> {
  return Object.fromEntries(
    Object.entries(value).filter(([, member]) => member !== undefined),
  ) as OmitUndefined<T>;
}
