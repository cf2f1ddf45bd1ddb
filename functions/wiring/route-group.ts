/**
 * What metrics count a route under: few groups, none of them with a value of the caller's.
 * `/v1/services/{code}/operations/{operation}` → `operations`, `/v1/admin/services/{code}/session` → `admin/services`,
 * `/v1/urs/users/{uid}` → `urs`, `/health` → `health`.
 */
export function routeGroup(path: string): string {
  const [first = '', second = '', third] = path.split('/').filter((part) => part !== 'v1' && part !== '');
  if (first === 'services') return third?.replace(/\W/g, '') ?? first;
  return first === 'admin' ? `admin/${second}` : first;
}
