/**
 * The docs page: Scalar's API reference over our OpenAPI document. Everything comes from our own origin: no CDN,
 * no font, no telemetry, so that it works behind any firewall and under a strict CSP (functions/admin/about.ts).
 */

/** https://github.com/scalar/scalar, documentation/configuration.md */
const CONFIGURATION = {
  withDefaultFonts: false,
  telemetry: false,
  agent: { disabled: true },
  mcp: { disabled: true },
  hideClientButton: true,
  showDeveloperTools: 'never',
  documentDownloadType: 'json',
  metaData: { title: 'Gatehouse API' },
};

/** The page's whole text. @param script version of the script, which browsers keep for good */
export function docsPage(script: string): string {
  const configuration = JSON.stringify(CONFIGURATION).replaceAll('"', '&quot;');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Gatehouse API</title>
<link rel="icon" href="data:,">
</head>
<body>
<noscript>This page needs JavaScript. The API as a document: <a href="/v1/openapi.json">openapi.json</a> (OpenAPI 3.1).</noscript>
<script id="api-reference" data-url="/v1/openapi.json" data-configuration="${configuration}"></script>
<script src="/docs/scalar.js?v=${script}"></script>
</body>
</html>
`;
}
