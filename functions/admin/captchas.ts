import { json, noContent } from '../../lib/api/message.ts';
import { parseBody } from '../../lib/api/input.ts';
import { CaptchaReply } from '../../lib/api/schemas.ts';
import { GatewayError } from '../../lib/runtime/errors.ts';
import { imageResponse } from './image.ts';
import type { AdminHandlers } from './handlers.ts';

/** Captchas that a person reads, the back end of `MANUAL`, and questions of logins. */
export const captchas = {
  async listCaptchas(_request, { manual }) {
    const open = await manual.list();
    return json(200, { items: open.map(({ image: _image, ...rest }) => rest) });
  },

  async getCaptchaImage({ params }, { manual }) {
    const found = (await manual.list()).find(({ id }) => id === params['id']);
    if (found?.image === undefined || found.contentType === undefined)
      throw new GatewayError('NOT_FOUND', 'This captcha is answered or has expired.');
    return imageResponse(Buffer.from(found.image, 'base64'), found.contentType);
  },

  async answerCaptcha(request, { manual, audited }) {
    const id = request.params['id']!;
    const { text } = parseBody(CaptchaReply, request);
    // What it says may be a one-time code.
    await audited({ target: `captchas/${id}` }, () => manual.answer(id, text));
    return noContent();
  },
} satisfies Partial<AdminHandlers>;
