import { encodeForm } from './form.ts';

/** Fields as the body of a form, as browsers write it. @param charset of the urlencoded one. */
export async function writeBody(
  pairs: readonly (readonly [name: string, text: string])[],
  { format, charset = 'utf-8' }: { format: 'form' | 'multipart'; charset?: string | undefined },
): Promise<{ bytes: Buffer; contentType: string }> {
  if (format === 'form') {
    const text = encodeForm(pairs, charset);
    return { bytes: Buffer.from(text), contentType: 'application/x-www-form-urlencoded' };
  }
  const form = new FormData();
  for (const [name, value] of pairs) form.append(name, value);
  const encoded = new Response(form);
  return {
    bytes: Buffer.from(await encoded.arrayBuffer()),
    contentType: encoded.headers.get('content-type')!,
  };
}
