/** Conditions and updates, applied to items. */
import { compare, equal, membersOf, sizeOf, stored, typeOf } from './attributes.ts';
import type { Attributes, AttributeValue } from './attributes.ts';
import type { Comparator, Condition, Operand, Path, UpdateExpression } from './expression.ts';
import { addNumbers } from './numbers.ts';
import { invalid } from './refused.ts';

/** `#name` and `:value` of one request. */
export interface Words {
  names: Record<string, string>;
  values: Record<string, AttributeValue>;
}

const WRONG_TYPE = 'An operand in the update expression has an incorrect data type';
const ABSENT = 'The provided expression refers to an attribute that does not exist in the item';

export function holds(condition: Condition, item: Attributes, words: Words): boolean {
  switch (condition.is) {
    case 'and':
      return condition.parts.every((part) => holds(part, item, words));
    case 'or':
      return condition.parts.some((part) => holds(part, item, words));
    case 'not':
      return !holds(condition.part, item, words);
    case 'compare':
      return compares(
        condition.comparator,
        value(condition.left, item, words),
        value(condition.right, item, words),
      );
    case 'between': {
      const [it, from, to] = [condition.operand, condition.from, condition.to].map((one) =>
        value(one, item, words),
      );
      return compares('>=', it, from) && compares('<=', it, to);
    }
    case 'in': {
      const it = value(condition.operand, item, words);
      return condition.list.some((one) => compares('=', it, value(one, item, words)));
    }
    default:
      return call(
        condition.name,
        condition.operands.map((one) => value(one, item, words)),
      );
  }
}

function compares(comparator: Comparator, left?: AttributeValue, right?: AttributeValue): boolean {
  if (comparator === '<>') return !(left && right && equal(left, right));
  if (!left || !right) return false;
  if (comparator === '=') return equal(left, right);
  const order = compare(left, right);
  if (order === undefined) return false;
  if (comparator === '<') return order < 0;
  if (comparator === '<=') return order <= 0;
  return comparator === '>' ? order > 0 : order >= 0;
}

function call(name: string, [first, second]: (AttributeValue | undefined)[]): boolean {
  if (name === 'attribute_exists') return first !== undefined;
  if (name === 'attribute_not_exists') return first === undefined;
  if (!first || !second) return false;
  if (name === 'attribute_type') return typeOf(first) === second.S;
  if (name === 'begins_with')
    return first.S !== undefined && second.S !== undefined && first.S.startsWith(second.S);
  if (first.S !== undefined) return second.S !== undefined && first.S.includes(second.S);
  if (first.L) return first.L.some((one) => equal(one, second));
  return membersOf(first).includes(second.S ?? second.N ?? second.B ?? '');
}

function value(operand: Operand, item: Attributes, words: Words): AttributeValue | undefined {
  switch (operand.is) {
    case 'path':
      return at(item, operand.path, words);
    case 'value':
      return named(words, operand.name);
    case 'size': {
      const of = value(operand.of, item, words);
      const size = of && sizeOf(of);
      return size === undefined ? undefined : { N: String(size) };
    }
    case 'if_not_exists':
      return at(item, operand.path, words) ?? value(operand.otherwise, item, words);
    case 'list_append': {
      const [first, second] = [operand.first, operand.second].map((one) => value(one, item, words));
      if (!first || !second) throw invalid(ABSENT);
      if (!first.L || !second.L) throw invalid(WRONG_TYPE);
      return { L: [...first.L, ...second.L] };
    }
    default: {
      const [left, right] = [operand.left, operand.right].map((one) => value(one, item, words));
      if (!left || !right) throw invalid(ABSENT);
      if (left.N === undefined || right.N === undefined) throw invalid(WRONG_TYPE);
      return { N: addNumbers(left.N, right.N, operand.sign) };
    }
  }
}

function named({ values }: Words, name: string): AttributeValue {
  const known = values[name];
  if (!known) throw invalid(`An expression attribute value used in expression is not defined: ${name}`);
  return known;
}

export function nameOf(step: string, { names }: Words): string {
  if (!step.startsWith('#')) return step;
  const known = names[step];
  if (known === undefined)
    throw invalid(`An expression attribute name used in the path is not defined: ${step}`);
  return known;
}

function at(item: Attributes, path: Path, words: Words): AttributeValue | undefined {
  let found: AttributeValue | undefined = { M: item };
  for (const step of path)
    found = typeof step === 'number' ? found?.L?.[step] : found?.M?.[nameOf(step, words)];
  return found;
}

/** The item after an update; all values are those of before. */
export function updated(update: UpdateExpression, item: Attributes, words: Words): Attributes {
  const next = { ...item };
  const target = (path: Path) => {
    if (path.length !== 1) throw new Error('The simulated DynamoDB updates top-level attributes only.');
    return nameOf(path[0] as string, words);
  };
  for (const { path, value: operand } of update.set) {
    const set = value(operand, item, words);
    if (!set) throw invalid(ABSENT);
    next[target(path)] = stored(set);
  }
  for (const path of update.remove) delete next[target(path)];
  for (const { path, value: operand } of update.add) {
    const name = target(path);
    next[name] = added(item[name], value(operand, item, words)!);
  }
  if (update.delete.length > 0) throw new Error('The simulated DynamoDB does not know DELETE in updates.');
  return next;
}

function added(before: AttributeValue | undefined, more: AttributeValue): AttributeValue {
  if (more.N !== undefined) {
    if (before && before.N === undefined) throw invalid(WRONG_TYPE);
    try {
      return { N: addNumbers(before?.N ?? '0', more.N) };
    } catch (error) {
      throw invalid((error as Error).message);
    }
  }
  const type = typeOf(more);
  if ((type !== 'SS' && type !== 'NS' && type !== 'BS') || (before && typeOf(before) !== type))
    throw invalid(WRONG_TYPE);
  return { [type]: [...new Set([...membersOf(before ?? {}), ...membersOf(more)])] };
}
