import { json, noContent } from '../../lib/api/message.ts';
import { parseBody } from '../../lib/api/input.ts';
import { CaptchaReply } from '../../lib/api/schemas.ts';
import { GatewayError } from '../../lib/errors/index.ts';
import type { AdminHandlers } from './admin.ts';

/** Captchas that a person reads: the back end of `MANUAL`. */
export const captchas = {
  async listCaptchas(_request, { manual }) {
    const open = await manual.list();
    return json(200, { items: open.map(({ image: _image, ...rest }) => rest) });
  },

  async getCaptchaImage({ params }, { manual }) {
    const found = (await manual.list()).find(({ id }) => id === params['id']);
    if (!found) throw new GatewayError('NOT_FOUND', 'This captcha is answered or has expired.');
    return imageResponse(Buffer.from(found.image, 'base64'), found.contentType);
  },

  async answerCaptcha(request, { manual }) {
    await manual.answer(request.params['id']!, parseBody(CaptchaReply, request).text);
    return noContent();
  },
} satisfies Partial<AdminHandlers>;

/** A platform's image is foreign content: the browser is told to take it for nothing else. */
export function imageResponse(image: Buffer, contentType: string) {
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
