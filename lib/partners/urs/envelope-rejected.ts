/**
 * Why an envelope does not hold. For the delivery's record and for a service in `TESTING`; everybody else
 * gets one answer whatever the cause.
 */
export type EnvelopeFault = 'MALFORMED' | 'EXPIRED' | 'SIGNATURE' | 'CIPHERTEXT' | 'JSON';

export class EnvelopeRejected extends Error {
  override readonly name = 'EnvelopeRejected';
  override readonly cause: EnvelopeFault;
  constructor(cause: EnvelopeFault) {
    super('The envelope does not hold.');
    this.cause = cause;
  }
}

/**
 * One per cause, made once: collecting a stack costs more than all that a refusal checks, and whoever sends
 * rubbish is to cost us little. They hold nothing of an envelope.
 */
const REJECTED: Record<EnvelopeFault, EnvelopeRejected> = {
  MALFORMED: new EnvelopeRejected('MALFORMED'),
  EXPIRED: new EnvelopeRejected('EXPIRED'),
  SIGNATURE: new EnvelopeRejected('SIGNATURE'),
  CIPHERTEXT: new EnvelopeRejected('CIPHERTEXT'),
  JSON: new EnvelopeRejected('JSON'),
};

/** @throws EnvelopeRejected always. */
export function reject(cause: EnvelopeFault): never {
  throw REJECTED[cause];
}
