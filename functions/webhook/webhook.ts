import type { ApiRequest, ApiResponse } from '../../lib/api/message.ts';
import { receive } from '../../lib/partners/receive.ts';
import type { WebhookDeps } from '../../lib/partners/receive.ts';

/** `POST /webhook/{path}/{action}`: public, because requests are authenticated by the envelope's signature. */
export async function serveWebhook(request: ApiRequest, deps: WebhookDeps): Promise<ApiResponse> {
  const { params, headers, body, sourceIp, requestId, deadline } = request;
  return receive(
    {
      path: params['path'] ?? '',
      action: params['action'] ?? '',
      headers,
      body,
      sourceIp,
      requestId,
      deadline,
    },
    deps,
  );
}
