import { RequestRejected } from '../rejected.ts';

/** Why an envelope does not hold. */
export type EnvelopeFault = 'MALFORMED' | 'EXPIRED' | 'SIGNATURE' | 'CIPHERTEXT' | 'JSON';

export class EnvelopeRejected extends RequestRejected<EnvelopeFault> {
  override readonly name = 'EnvelopeRejected';
  constructor(cause: EnvelopeFault) {
    super(cause, 'The envelope does not hold.');
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
