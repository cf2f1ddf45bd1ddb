import type { ApiResponse } from '../../lib/api/message.ts';

/** A platform's image is untrusted content: the browser must not treat it as anything else. */
export function imageResponse(image: Buffer, contentType: string): ApiResponse {
  return {
    status: 200,
    headers: {
      'content-type': /^image\/[\w.+-]+$/.test(contentType) ? contentType : 'application/octet-stream',
      'content-security-policy': "default-src 'none'",
      'x-content-type-options': 'nosniff',
      'cache-control': 'private, no-store',
    },
    body: image,
  };
}
