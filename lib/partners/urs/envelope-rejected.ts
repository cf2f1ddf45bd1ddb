import { RequestRejected } from '../rejected.ts';

/** Why an envelope is invalid. */
export type EnvelopeFault = 'MALFORMED' | 'EXPIRED' | 'SIGNATURE' | 'REFLECTED' | 'CIPHERTEXT' | 'JSON';

export class EnvelopeRejected extends RequestRejected<EnvelopeFault> {
  override readonly name = 'EnvelopeRejected';
  constructor(cause: EnvelopeFault) {
    super(cause, 'The envelope is invalid.');
  }
}

/**
 * One per cause, created once: collecting a stack costs more than all checks of a refusal, and invalid requests
 * should be cheap to refuse. They hold nothing of an envelope.
 */
const REJECTED: Record<EnvelopeFault, EnvelopeRejected> = {
  MALFORMED: new EnvelopeRejected('MALFORMED'),
  EXPIRED: new EnvelopeRejected('EXPIRED'),
  SIGNATURE: new EnvelopeRejected('SIGNATURE'),
  REFLECTED: new EnvelopeRejected('REFLECTED'),
  CIPHERTEXT: new EnvelopeRejected('CIPHERTEXT'),
  JSON: new EnvelopeRejected('JSON'),
};

/** @throws EnvelopeRejected always. */
export function reject(cause: EnvelopeFault): never {
  throw REJECTED[cause];
}
