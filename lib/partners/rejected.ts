/** The cause of a request that no valid key has made: somebody may have rotated, so the keys are read once more. */
export const SIGNATURE = 'SIGNATURE';

/**
 * A request that is not proven to be the partner's. Its `cause` is for the delivery's record and for a service in
 * `TESTING`; everybody else gets one answer whatever it is. Holds nothing of the request.
 */
export class RequestRejected<Cause extends string = string> extends Error {
  override readonly name: string = 'RequestRejected';
  /** In capitals: `MALFORMED`, `EXPIRED`, `SIGNATURE` ... */
  override readonly cause: Cause;

  constructor(cause: Cause, message = 'The request is not proven.') {
    super(message);
    this.cause = cause;
  }
}
