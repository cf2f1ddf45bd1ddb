/** Answers as a partner insists on them (`webhook.reply`). */
import { renderFields } from '../../definition/template/fields.ts';
import { renderText } from '../../definition/template/render.ts';
import type { Escape } from '../../definition/template/render.ts';
import type { TemplateScope } from '../../definition/template/scope.ts';
import { parseExact } from '../../text/json/exact.ts';
import { DATA_NAMES } from '../mapped/actions.ts';
import { objectOf } from '../payload.ts';
import { jsonReplies } from '../reply.ts';
import type { Replies, WebhookReply } from '../reply.ts';
import type { ReplyShapes, Shape } from './schema.ts';

/** What one action answers and another does not is empty. */
const NOTHING = {
  ...Object.fromEntries(
    Object.values(DATA_NAMES)
      .flat()
      .map((name) => [name, '']),
  ),
  asked: { amount: '', currency: '' },
};

const ESCAPES: Record<NonNullable<Shape['contentType']>, Escape> = {
  'text/plain': 'none',
  'application/json': 'json',
  'application/xml': 'xml',
  'text/xml': 'xml',
};

/** @param settings of the definition: templates name them. */
export const shapedReplies = (
  { success, refusal }: ReplyShapes,
  settings: Record<string, unknown>,
): Replies => ({
  success(dataText, options) {
    const data = { ...NOTHING, ...objectOf(parseExact(dataText)) };
    return shaped(jsonReplies.success(dataText, options), success, { settings, data });
  },

  refusal(refused, options) {
    const { code, message, internalCause } = refused;
    const why = options.reveal && internalCause !== undefined ? ` (${internalCause})` : '';
    const error = { code, message: message + why };
    return shaped(jsonReplies.refusal(refused, options), refusal, { settings, error });
  },
});

function shaped(usual: WebhookReply, shape: Shape | undefined, scope: TemplateScope): WebhookReply {
  if (!shape) return usual;
  const { status = usual.status, body: template } = shape;
  const type = shape.contentType ?? (typeof template === 'string' ? 'text/plain' : 'application/json');
  const headers = {
    ...usual.headers,
    'content-type': `${type}; charset=utf-8`,
    'x-content-type-options': 'nosniff',
  };
  try {
    const body =
      typeof template === 'string'
        ? renderText(template, scope, ESCAPES[type])
        : JSON.stringify(Object.fromEntries(renderFields(template, scope)));
    return { status, headers, body };
  } catch {
    // What was done is done: a shape that fits no more must not make it look otherwise.
    return usual;
  }
}
