/** Chaojiying's protocol: its error numbers with their texts, and the ways a request may be written. */
import type { PeerRequest, Reply } from '../peer.ts';

/** From the service's own table of error numbers (api-23). */
export const ERRORS = {
  '-1001': '用户参数异常',
  '-1002': '无此用户名',
  '-1004': '类型参数错误',
  '-1005': '无可用题分',
  '-10023': '用户名的密码出错',
  '-10061': '不是有效的图片文件',
  '-100612': 'base64字符解析异常',
  '-10062': '文件超大 1024k',
  '-10064': '图片无法被识别',
  '-10071': 'IP受限',
  '-1011': '图片ID异常',
  '-1012': '无此图片ID',
  '-10124': '图片ID的时效不符',
  '-1013': '错误率太高',
  '-10132': '此图片ID已报过',
  '-2001': '上传图片出错',
  '-2002': '上传图片出错',
  '-3001': '系统异常',
  '-429': '请求过于频繁',
} as const;

export type ErrNo = keyof typeof ERRORS;

/** Its PHP says `text/html` whatever it sends. */
export function answer(fields: Record<string, unknown>): Reply {
  return {
    status: 200,
    headers: { 'content-type': 'text/html; charset=utf-8' },
    body: JSON.stringify({ err_no: 0, err_str: 'OK', ...fields }),
  };
}

export function failure(errNo: ErrNo | number): Reply {
  const text = (ERRORS as Record<string, string>)[String(errNo)] ?? '';
  return answer({ err_no: Number(errNo), err_str: text, pic_id: '0', pic_str: '', md5: '' });
}

/** Fields of a request: multipart, form or JSON. A file is its bytes. `undefined`: unreadable. */
export async function readFields({
  headers,
  body,
}: PeerRequest): Promise<Map<string, string | Buffer> | undefined> {
  const contentType = headers['content-type'] ?? '';
  try {
    if (contentType.startsWith('application/json')) {
      const fields = JSON.parse(body.toString('utf8')) as Record<string, unknown>;
      return new Map(Object.entries(fields).map(([name, value]) => [name, String(value)]));
    }
    const form = await new Response(new Uint8Array(body), {
      headers: { 'content-type': contentType },
    }).formData();
    const fields = new Map<string, string | Buffer>();
    for (const [name, value] of form) {
      fields.set(name, typeof value === 'string' ? value : Buffer.from(await value.arrayBuffer()));
    }
    return fields;
  } catch {
    return undefined;
  }
}

const MAGIC = [
  Buffer.from([0x89, 0x50, 0x4e, 0x47]),
  Buffer.from([0xff, 0xd8, 0xff]),
  Buffer.from('GIF8'),
  Buffer.from('BM'),
];

export function isImage(bytes: Buffer): boolean {
  return MAGIC.some((magic) => bytes.subarray(0, magic.length).equals(magic));
}
