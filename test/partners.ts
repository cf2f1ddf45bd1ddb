/** Partners' sides of webhooks, written from their documents alone. */
import { createHash, createHmac } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { deliver } from './urs-partner.ts';
import type { Delivered, DeliverOptions } from './urs-partner.ts';

export const seconds = () => Math.floor(Date.now() / 1_000);

const hmacHex = (secret: string, text: string) => createHmac('sha256', secret).update(text).digest('hex');

interface Sending extends DeliverOptions {
  at?: number;
}

/** Stripe: time and signatures in one header; each try is signed anew. */
export function stripeSends(
  url: string,
  body: string,
  secret: string,
  { at = seconds(), headers = {}, ...rest }: Sending = {},
): Promise<Delivered> {
  const signature = `t=${at},v1=${hmacHex(secret, `${at}.${body}`)}`;
  return deliver(url, body, { headers: { 'stripe-signature': signature, ...headers }, ...rest });
}

/** GitHub: the body alone. */
export function githubSends(url: string, event: string, body: string, secret: string): Promise<Delivered> {
  const signature = `sha256=${hmacHex(secret, body)}`;
  return deliver(url, body, { headers: { 'x-hub-signature-256': signature, 'x-github-event': event } });
}

/** Standard Webhooks, by the project's own package. */
export function standardHeaders(
  id: string,
  body: string,
  secrets: string | readonly string[],
  at = seconds(),
): Record<string, string> {
  const signatures = [secrets]
    .flat()
    .map((secret) => new Webhook(secret).sign(id, new Date(at * 1_000), body));
  return {
    'webhook-id': id,
    'webhook-timestamp': String(at),
    'webhook-signature': signatures.join(' '),
  };
}

export function standardSends(
  url: string,
  id: string,
  body: string,
  secrets: string | readonly string[],
  { at, headers = {}, ...rest }: Sending = {},
): Promise<Delivered> {
  return deliver(url, body, { headers: { ...standardHeaders(id, body, secrets, at), ...headers }, ...rest });
}

/** A Chinese aggregator: sorted fields and the key, MD5, in a form. */
export function epaySends(url: string, fields: Record<string, string>, key: string): Promise<Delivered> {
  const text = Object.keys(fields)
    .filter((name) => fields[name] !== '')
    .sort()
    .map((name) => `${name}=${fields[name]}`)
    .join('&');
  const sign = createHash('md5')
    .update(text + key)
    .digest('hex');
  const body = new URLSearchParams({ ...fields, sign, sign_type: 'MD5' }).toString();
  return deliver(url, body, { headers: { 'content-type': 'application/x-www-form-urlencoded' } });
}
