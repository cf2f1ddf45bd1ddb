import type * as z from 'zod';
import type { RouteAccess } from '../../access/roles.ts';

/** One row of the table of routes. */
export interface Route extends RouteAccess {
  /** `ANY`: every method. */
  method: 'ANY' | 'GET' | 'PUT' | 'POST' | 'PATCH' | 'DELETE';
  /** `{name}` captures one segment, `{name+}` the rest. */
  path: string;
  /** Which Lambda serves it. */
  function: 'proxy' | 'admin' | 'webhook';
  tag: string;
  summary: string;
  query?: z.ZodType;
  body?: z.ZodType;
  /** Media types of a body that is no JSON. */
  textBodies?: readonly string[];
  answer?: { status: number; schema?: z.ZodType; contentType?: string };
}
