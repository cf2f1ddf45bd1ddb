import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { headOf, lineOf } from '../../../lib/api/export-format.ts';

const COLUMNS = ['a', 'b'];
const csv = (row: object) => headOf('csv', COLUMNS) + lineOf('csv', COLUMNS, row);

describe('a row as CSV', () => {
  it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\tx', '\rx'])('begins no cell with %j', (value) => {
    expect(parse(csv({ a: value, b: 'x' }))).toEqual([COLUMNS, [`'${value}`, 'x']]);
  });

  it.each(['', 'x=1', ' =1', '"', 'a,b', 'one\r\ntwo', '工单', "'x", '0'])('leaves %j as it is', (value) => {
    expect(parse(csv({ a: value, b: 'x' }))).toEqual([COLUMNS, [value, 'x']]);
  });

  it('has an empty cell where there is nothing, and JSON of what is no text', () => {
    expect(csv({ b: { deep: [1] } })).toBe('a,b\r\n,"{""deep"":[1]}"\r\n');
    expect(csv({ a: null, b: false })).toBe('a,b\r\n,false\r\n');
    expect(csv({ a: 12.5, b: 0 })).toBe('a,b\r\n12.5,0\r\n');
  });

  it('negative numbers are text that begins with an apostrophe, as the rule says', () => {
    expect(csv({ a: -1, b: 'x' })).toBe("a,b\r\n'-1,x\r\n");
  });
});

describe('a row as JSON', () => {
  it('is one line with all of it, and there is no head', () => {
    expect(headOf('ndjson', COLUMNS)).toBe('');
    expect(lineOf('ndjson', COLUMNS, { a: '=1\n', more: [1] })).toBe('{"a":"=1\\n","more":[1]}\n');
  });
});
