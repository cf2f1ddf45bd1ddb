import type { ApiRequest, ApiResponse } from '../../lib/api/message.ts';
import { receive } from '../../lib/partners/receive.ts';
import type { WebhookDeps } from '../../lib/partners/receive.ts';

/** `POST /webhook/{path}[/{action}]`: public, because requests are authenticated by their signature. */
export async function serveWebhook(request: ApiRequest, deps: WebhookDeps): Promise<ApiResponse> {
  const { params, path, query, headers, body, sourceIp, requestId, deadline } = request;
  return receive(
    {
      path: params['path'] ?? '',
      action: params['action'] ?? '',
      target: { path, query },
      headers,
      body,
      sourceIp,
      requestId,
      deadline,
    },
    deps,
  );
}
