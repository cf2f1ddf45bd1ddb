/** A request by the name of its route: typed by what the route takes, its path filled in. */

/**
 * What has to be said to ask a route (`Routes[...]`): its `params`, `query` and `body`. Where nothing in one of
 * them is required, it may be left out; where the route has none, it must be.
 */
export type RequestInput<Shape> = Part<Shape, 'params'> & Part<Shape, 'query'> & Part<Shape, 'body'>;

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
 * The path with its parameters in it: `{name}` encoded as one segment, `{name+}` as it stands.
 * @throws TypeError for a value that is no segment of a path: it would name another route
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
      throw new TypeError(`"${value ?? ''}" cannot stand for {${name}} in ${path}.`);
    }
    return encodeURIComponent(value);
  });
}
