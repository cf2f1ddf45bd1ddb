/** No valid key made the signature: the keys may have been rotated, so they are read once more. */
export const SIGNATURE = 'SIGNATURE';

/**
 * A request that could not be verified as the partner's. Its `cause` is for the delivery's record and for a service in
 * `TESTING`; everyone else gets the same answer for all causes. Holds nothing of the request.
 */
export class RequestRejected<Cause extends string = string> extends Error {
  override readonly name: string = 'RequestRejected';
  /** In capitals: `MALFORMED`, `EXPIRED`, `SIGNATURE` ... */
  override readonly cause: Cause;

  constructor(cause: Cause, message = 'The request could not be verified.') {
    super(message);
    this.cause = cause;
  }
}
