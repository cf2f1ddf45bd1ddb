/** What there is to say about one type of channel. */
import type { AwsCredentials } from '../../runtime/config.ts';
import type { Reach } from '../../vendors/http/address.ts';
import type { ChannelTarget } from '../channel.ts';
import { deliveryAddressProblem } from '../delivery-address.ts';
import type { Message, PostAnswer, Posting, Verdict } from '../send.ts';
import type { AlertNotice } from './alert-notice.ts';

/** Who we are to AWS, and where it is, where that is not the address of its region. */
export interface AwsAccess extends AwsCredentials {
  endpoint?: string | undefined;
}

export interface ComposeContext {
  /** Of this try; milliseconds since the epoch. */
  now: number;
  aws?: AwsAccess | undefined;
}

export interface Format {
  /** What is wrong with an address, in words for who gives it; `undefined`: nothing. */
  addressProblem(url: string, reach: Reach): string | undefined;
  /** The same of a secret. Absent: it may be any text. */
  secretProblem?(secret: string): string | undefined;
  /** A secret where none was given. Absent: there is none then. */
  newSecret?(bytes: Buffer): string;
  /** The address without what lets anybody write to it. */
  masked(url: string): string;
  /** From one message to the next, milliseconds, as its limit asks for. Absent: none is known. */
  everyMs?: number;
  /** `CONFIGURATION_ERROR` where something is missing. */
  compose(
    notice: AlertNotice,
    target: ChannelTarget,
    context: ComposeContext,
    message: Message,
  ): Posting | Promise<Posting>;
  judge(answer: PostAnswer): Verdict;
}

/** What formats over HTTP have in common: where the key stands in the address. */
export const httpAddress = (keyIn: 'path' | 'query'): Pick<Format, 'addressProblem' | 'masked'> => ({
  addressProblem: deliveryAddressProblem,
  masked(url) {
    const { origin, pathname, searchParams } = new URL(url);
    const path = keyIn === 'path' ? pathname.replace(/[^/]+\/?$/, '***') : pathname;
    const query = [...searchParams.keys()].map((name) => `${name}=***`);
    return origin + path + (query.length === 0 ? '' : `?${query.join('&')}`);
  },
});

export const jsonPosting = (url: string, body: object): Posting => ({
  url,
  headers: { 'content-type': 'application/json; charset=utf-8' },
  body: JSON.stringify(body),
});
