import type { FieldValue } from '../../definition/template/fields.ts';

/** What requests of operations have in common. */
export interface RequestShape {
  method: string;
  path: string;
  query?: Record<string, FieldValue> | undefined;
  headers?: Record<string, string> | undefined;
  body?: 'json' | 'form' | 'multipart' | undefined;
  fields?: Record<string, FieldValue> | undefined;
  charset?: string | undefined;
  /** Params that go where `fields` or `query` would, were they given. */
  unnamed: Record<string, unknown>;
}
