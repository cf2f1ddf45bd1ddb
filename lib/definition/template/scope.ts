/** What `{{...}}` can name. Absent parts make their placeholders missing. */
export interface TemplateScope {
  params?: Record<string, unknown>;
  settings?: Record<string, unknown>;
  credentials?: Record<string, string>;
  cookie?: Record<string, string>;
  captcha?: { text: string };
  page?: Record<string, string>;
  now?: { ms: number };
}
