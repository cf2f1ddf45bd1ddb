/** When a request was sent, as partners write it in headers and payloads. */
import { RequestRejected } from './rejected.ts';

/**
 * Seconds since the epoch, from ten digits of seconds or thirteen of milliseconds. Nothing else is a time: no sign, no
 * fraction, no spaces.
 * @throws RequestRejected `MALFORMED`
 */
export function secondsOf(text: string | undefined): number {
  if (text !== undefined && /^[1-9][0-9]{9}$/.test(text)) return Number(text);
  if (text !== undefined && /^[1-9][0-9]{12}$/.test(text)) return Math.floor(Number(text) / 1_000);
  throw new RequestRejected('MALFORMED');
}

/** @throws RequestRejected `EXPIRED` for what is further from now than the window, either way. */
export function refuseOutside(
  sentAt: number,
  { nowSeconds, windowSeconds }: { nowSeconds: number; windowSeconds: number },
): void {
  if (Math.abs(nowSeconds - sentAt) > windowSeconds) throw new RequestRejected('EXPIRED');
}
