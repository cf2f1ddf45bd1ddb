import { describe, expect, it } from 'vitest';
import { isFault } from '../../../lib/partners/reconcile/line.ts';
import type { LineFault, ListedOrder } from '../../../lib/partners/reconcile/line.ts';
import { readList } from '../../../lib/partners/reconcile/list.ts';
import type { ListFormat } from '../../../lib/partners/reconcile/list.ts';

async function* inChunks(bytes: Uint8Array, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function read(text: string | Uint8Array, format: ListFormat = 'csv', size = 7) {
  const lines: (ListedOrder | LineFault)[] = [];
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  for await (const line of readList(inChunks(bytes, size), format)) lines.push(line);
  return lines;
}

const HEADER = 'transactionId,type,userId,usdtAmount,status';
const csv = (...lines: string[]) => [HEADER, ...lines].join('\n');
const order = {
  line: 2,
  transactionId: 'T-1',
  type: 'deposit',
  userId: '10002',
  usdtAmount: 105_000_000_000n,
  status: 'SETTLED',
};
const fault = (line: number, message: string) => ({ field: `line ${line}`, message });

describe('a list as CSV', () => {
  it.each([
    ['line feeds', csv('T-1,deposit,10002,10.5,SETTLED')],
    [
      'carriage returns, the last line ended',
      `${csv('T-1,deposit,10002,10.5,SETTLED').replaceAll('\n', '\r\n')}\r\n`,
    ],
    ['a byte order mark', `\ufeff${csv('T-1,deposit,10002,10.5,SETTLED')}`],
    ['quotes', csv('"T-1","deposit","10002","10.5","SETTLED"')],
    ['an amount as a double prints it', csv('T-1,deposit,10002,1.05e1,SETTLED')],
    [
      'columns in another order, and others',
      'status,usdtAmount,note,userId,type,transactionId\nSETTLED,10.50,x,10002,deposit,T-1',
    ],
    [
      'spaces in the header',
      'transactionId, type, userId, usdtAmount, status\nT-1,deposit,10002,10.5,SETTLED',
    ],
  ])('is read with %s', async (_what, text) => {
    expect(await read(text)).toEqual([order]);
    expect(await read(text, 'csv', 1)).toEqual([order]);
  });

  it('needs no status, and keeps what quotes may hold', async () => {
    const text = 'transactionId,type,userId,usdtAmount\n"a,""b"" 张",withdraw,3,1\n\nc,deposit,4,2\n';
    expect(await read(text)).toEqual([
      { line: 2, transactionId: 'a,"b" 张', type: 'withdraw', userId: '3', usdtAmount: 10_000_000_000n },
      { line: 4, transactionId: 'c', type: 'deposit', userId: '4', usdtAmount: 20_000_000_000n },
    ]);
  });

  it('keeps every digit', async () => {
    const [first] = await read(csv('T-1,deposit,10002,123456789012345678.0123456789,'));
    expect(first).toMatchObject({ usdtAmount: 1_234_567_890_123_456_780_123_456_789n });
  });

  it('names each line that is wrong, and why', async () => {
    const lines = await read(
      csv(
        'T-1,deposit,10002,10.5,SETTLED',
        ',deposit,10002,1,SETTLED',
        'T-3,gift,10002,1,SETTLED',
        'T-4,deposit,0,1,SETTLED',
        'T-5,deposit,10002,1.00000000001,SETTLED',
        'T-6,deposit,10002,"1,5",SETTLED',
        'T-7,deposit,10002,-1,SETTLED',
        'T-8,deposit,10002,1,PAID',
        'T-9,deposit,10002',
        `${'x'.repeat(129)},deposit,10002,1,SETTLED`,
      ),
    );
    expect(lines[0]).toEqual(order);
    expect(lines.slice(1)).toEqual([
      fault(3, 'transactionId is missing'),
      fault(4, 'type must be one of deposit, withdraw'),
      fault(5, 'userId must be a positive integer below 2^53'),
      fault(6, 'usdtAmount has more than 10 decimals'),
      fault(7, 'usdtAmount is not a decimal number'),
      fault(8, 'usdtAmount must be positive'),
      fault(9, 'status must be one of SETTLED, PENDING, REJECTED, DEAD'),
      fault(10, 'has 3 fields, the header has 5'),
      fault(11, 'transactionId must have 1 to 128 characters, no control characters'),
    ]);
  });

  it.each([
    [
      'a missing column',
      'transactionId,type,userId\nT-1,deposit,1',
      { field: 'usdtAmount', message: 'is no column of the header' },
    ],
    [
      'a column twice',
      `${HEADER},type\nT-1,deposit,1,1,SETTLED,deposit`,
      { field: 'type', message: 'is a column of the header twice' },
    ],
    [
      'semicolons',
      'transactionId;type;userId;usdtAmount\nT-1;deposit;1;1,5',
      { field: 'header', message: 'must separate its columns by commas' },
    ],
    ['nothing', '', { field: 'header', message: 'is missing: transactionId,type,userId,usdtAmount' }],
    [
      'a quote that nothing closes',
      csv('"T-1,deposit,10002,1,SETTLED'),
      fault(2, 'opens a quote that nothing closes'),
    ],
    [
      'a quote in the middle',
      csv('T"1,deposit,10002,1,SETTLED'),
      fault(2, expect.stringContaining('quote') as string),
    ],
  ])('is refused for %s', async (_what, text, expected) => {
    expect(await read(text)).toEqual([expected]);
  });

  it('does not take in a file behind one quote', async () => {
    const lines = await read(
      csv('"T-1,deposit,10002,1,SETTLED', ...Array<string>(2_000).fill('T,deposit,1,1,SETTLED')),
      'csv',
      4_096,
    );
    expect(lines).toEqual([
      expect.objectContaining({ message: expect.stringContaining('is longer than') as string }),
    ]);
  });

  it('is refused in GBK, and in UTF-16', async () => {
    const gbk = Buffer.concat([
      Buffer.from(`${HEADER}\n`),
      Buffer.from([0xd5, 0xc5]),
      Buffer.from(',deposit,1,1,'),
    ]);
    const utf16 = Buffer.from(`\ufeff${csv('T-1,deposit,1,1,')}`, 'utf16le');
    for (const bytes of [gbk, utf16]) {
      const lines = await read(bytes, 'csv', 1_000);
      expect(lines.at(-1)).toEqual({
        field: 'body',
        message: expect.stringContaining('is not UTF-8') as string,
      });
    }
  });
});

describe('a list as NDJSON', () => {
  const line = (value: object) => JSON.stringify(value);
  const plain = {
    transactionId: 'T-1',
    type: 'deposit',
    userId: 10002,
    usdtAmount: '10.5',
    status: 'SETTLED',
  };

  it('is read, numbers with every digit', async () => {
    const text = `\ufeff${line(plain)}\r\n\n{"transactionId":"张","type":"withdraw","userId":"9","usdtAmount":123456789012345678.0123456789,"more":[1]}`;
    expect(await read(text, 'ndjson')).toEqual([
      { ...order, line: 1 },
      {
        line: 3,
        transactionId: '张',
        type: 'withdraw',
        userId: '9',
        usdtAmount: 1_234_567_890_123_456_780_123_456_789n,
      },
    ]);
  });

  it('names each line that is wrong, and why', async () => {
    const lines = await read(
      [line({ ...plain, transactionId: 7 }), '[]', '{"a":', line({ type: 'deposit' }), line(plain)].join(
        '\n',
      ),
      'ndjson',
    );
    expect(lines.filter(isFault)).toEqual([
      fault(1, 'transactionId must be a text'),
      fault(2, 'is no JSON object'),
      fault(3, 'is no JSON'),
      fault(4, 'transactionId is missing'),
    ]);
    expect(lines).toHaveLength(5);
  });

  it('ends at a line that does not', async () => {
    const lines = await read(`${line(plain)}\n${'x'.repeat(100_000)}`, 'ndjson', 4_096);
    expect(lines).toEqual([{ ...order, line: 1 }, fault(2, 'is longer than 16384 characters')]);
  });
});
