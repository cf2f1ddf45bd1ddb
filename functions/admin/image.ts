import type { ApiResponse } from '../../lib/api/message.ts';

/** A platform's image is foreign content: the browser is told to take it for nothing else. */
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
