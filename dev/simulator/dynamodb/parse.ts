/** Parsers of condition and update expressions: the grammar of the DynamoDB developer guide, as far as the house uses it. */
import { Tokens } from './expression.ts';
import type { Comparator, Condition, Operand, Path, UpdateExpression } from './expression.ts';

const COMPARATORS = new Set(['=', '<>', '<', '<=', '>', '>=']);
const CALLS = new Set([
  'attribute_exists',
  'attribute_not_exists',
  'attribute_type',
  'begins_with',
  'contains',
]);

export interface Parsed<T> {
  tree: T;
  references: string[];
}

const remembered = <T>(read: (tokens: Tokens) => T) => {
  const known = new Map<string, Parsed<T>>();
  return (text: string): Parsed<T> => {
    const before = known.get(text);
    if (before) return before;
    const tokens = new Tokens(text);
    const parsed = { tree: read(tokens), references: tokens.references() };
    if (tokens.peek() !== undefined) throw new SyntaxError(`${tokens.peek()} is not understood in ${text}`);
    known.set(text, parsed);
    return parsed;
  };
};

export const parseCondition = remembered(disjunction);
export const parseUpdate = remembered(update);

function disjunction(tokens: Tokens): Condition {
  const parts = [conjunction(tokens)];
  while (tokens.take('OR')) parts.push(conjunction(tokens));
  return parts.length === 1 ? parts[0]! : { is: 'or', parts };
}

function conjunction(tokens: Tokens): Condition {
  const parts = [negation(tokens)];
  while (tokens.take('AND')) parts.push(negation(tokens));
  return parts.length === 1 ? parts[0]! : { is: 'and', parts };
}

function negation(tokens: Tokens): Condition {
  return tokens.take('NOT') ? { is: 'not', part: negation(tokens) } : statement(tokens);
}

function statement(tokens: Tokens): Condition {
  if (tokens.take('(')) {
    const inner = disjunction(tokens);
    tokens.expect(')');
    return inner;
  }
  const word = tokens.peek() ?? '';
  if (CALLS.has(word)) {
    tokens.next();
    return { is: 'call', name: word, operands: operandsIn(tokens) };
  }
  const left = operand(tokens);
  if (tokens.take('BETWEEN')) {
    const from = operand(tokens);
    tokens.expect('AND');
    return { is: 'between', operand: left, from, to: operand(tokens) };
  }
  if (tokens.take('IN')) return { is: 'in', operand: left, list: operandsIn(tokens) };
  const comparator = tokens.next();
  if (!COMPARATORS.has(comparator)) throw new SyntaxError(`${comparator} is no comparator in ${tokens.text}`);
  return { is: 'compare', comparator: comparator as Comparator, left, right: operand(tokens) };
}

function operandsIn(tokens: Tokens): Operand[] {
  tokens.expect('(');
  const operands = [operand(tokens)];
  while (tokens.take(',')) operands.push(operand(tokens));
  tokens.expect(')');
  return operands;
}

function operand(tokens: Tokens): Operand {
  const word = tokens.peek() ?? '';
  if (word.startsWith(':')) return { is: 'value', name: tokens.next() };
  if (word === 'size') {
    tokens.next();
    return { is: 'size', of: operandsIn(tokens)[0]! };
  }
  return { is: 'path', path: path(tokens) };
}

function path(tokens: Tokens): Path {
  const steps: Path = [name(tokens)];
  for (;;) {
    if (tokens.take('.')) steps.push(name(tokens));
    else if (tokens.take('[')) {
      steps.push(Number(tokens.next()));
      tokens.expect(']');
    } else return steps;
  }
}

function name(tokens: Tokens): string {
  const word = tokens.next();
  if (!/^[A-Za-z_#]/.test(word)) throw new SyntaxError(`${word} is no name in ${tokens.text}`);
  return word;
}

function update(tokens: Tokens): UpdateExpression {
  const found: UpdateExpression = { set: [], remove: [], add: [], delete: [] };
  while (tokens.peek() !== undefined) {
    const clause = tokens.next().toUpperCase();
    do {
      if (clause === 'SET') found.set.push(assignment(tokens));
      else if (clause === 'REMOVE') found.remove.push(path(tokens));
      else if (clause === 'ADD') found.add.push({ path: path(tokens), value: operand(tokens) });
      else if (clause === 'DELETE') found.delete.push({ path: path(tokens), value: operand(tokens) });
      else throw new SyntaxError(`${clause} is no clause in ${tokens.text}`);
    } while (tokens.take(','));
  }
  return found;
}

function assignment(tokens: Tokens): UpdateExpression['set'][number] {
  const target = path(tokens);
  tokens.expect('=');
  const left = setOperand(tokens);
  for (const [mark, sign] of [
    ['+', 1],
    ['-', -1],
  ] as const) {
    if (tokens.take(mark))
      return { path: target, value: { is: 'sum', left, right: setOperand(tokens), sign } };
  }
  return { path: target, value: left };
}

function setOperand(tokens: Tokens): Operand {
  if (tokens.take('if_not_exists')) {
    tokens.expect('(');
    const asked = path(tokens);
    tokens.expect(',');
    const otherwise = setOperand(tokens);
    tokens.expect(')');
    return { is: 'if_not_exists', path: asked, otherwise };
  }
  if (tokens.take('list_append')) {
    const [first, second] = operandsIn(tokens);
    return { is: 'list_append', first: first!, second: second! };
  }
  return operand(tokens);
}
