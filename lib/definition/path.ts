import { hasDotSegment } from '../text/path-hazards.ts';
import { textOfTemplate } from './template/compile.ts';

/**
 * Says what is wrong with a path (or path template) of a definition; `undefined` when it is sound. Paths are
 * appended to `baseUrl`, and must stay below it and on its host.
 */
export function pathProblem(template: string): string | undefined {
  const whole = textOfTemplate(template);
  const [path = ''] = whole.split('?', 1);
  if (/[\s#\\]/.test(whole)) return 'must not contain spaces, "#" or "\\"';
  if (path.startsWith('//')) return 'must not start with "//"';
  if (hasDotSegment(path)) return 'must not contain "." or ".." as a segment, encoded or not';
  if (/%(?:0[0-9a-f]|1[0-9a-f]|7f|5c)/i.test(whole))
    return 'must not contain encoded control characters or "\\"';
  if (/[^\x21-\x7e]/.test(whole)) return 'must be ASCII: percent-encode everything else';
  return undefined;
}
