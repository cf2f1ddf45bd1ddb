/** Requests by the name of a route: their types, and the path filled in. */

/**
 * Input of a route (`Routes[...]`): its `params`, `query` and `body`. A part without required members may be left
 * out; a part the route does not have must be.
 */
// Of each shape by itself: of all routes at once, the parts would be combined with those of every other route.
export type RequestInput<Shape> = Shape extends unknown
  ? Part<Shape, 'params'> & Part<Shape, 'query'> & Part<Shape, 'body'>
  : never;

type Part<Shape, Name extends string> =
  Shape extends Record<Name, infer P>
    ? Partial<P> extends P
      ? { [N in Name]?: P | undefined }
      : { [N in Name]: P }
    : { [N in Name]?: undefined };

/** The arguments behind the route's name: a route that needs nothing needs no input. */
export type RequestArguments<Shape, Options> =
  Partial<RequestInput<Shape>> extends RequestInput<Shape>
    ? [input?: RequestInput<Shape>, options?: Options]
    : [input: RequestInput<Shape>, options?: Options];

/** Names in a path: `code | operation` of `/v1/services/{code}/operations/{operation}`. */
export type PathParam<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? (Name extends `${infer Greedy}+` ? Greedy : Name) | PathParam<Rest>
  : never;

/**
 * The path with its parameters in it: `{name}` encoded as one segment, `{name+}` unchanged.
 * @throws TypeError for a value that cannot be a path segment: it would lead to another route
 */
export function requestPath<Path extends string>(
  path: Path,
  params: Readonly<Record<PathParam<Path>, string>>,
): string {
  const values: Readonly<Record<string, string>> = params;
  return path.replaceAll(/\{(\w+)(\+?)\}/g, (_all, name: string, greedy: string) => {
    const value = values[name];
    if (value !== undefined && greedy !== '') return value;
    if (value === undefined || /^\.{0,2}$/.test(value)) {
      throw new TypeError(`"${value ?? ''}" is not valid for {${name}} in ${path}.`);
    }
    return encodeURIComponent(value);
  });
}
