import { GatewayError } from '../../runtime/errors.ts';

/** Why one solver gave no answer. Shown to operators; nothing secret in it. */
export type RefusalReason =
  'stopped' | 'bad-image' | 'busy' | 'refused' | 'over-budget' | 'off' | 'unreachable' | 'timeout' | 'error';

/** One solver could not answer; the caller decides whether to try the next one or a new picture. */
export class SolverRefusal extends Error {
  override readonly name = 'SolverRefusal';
  readonly reason: RefusalReason;
  /** A fresh picture is worth a try. */
  readonly newImage: boolean;

  constructor(
    reason: RefusalReason,
    message: string,
    { newImage = false, cause }: { newImage?: boolean; cause?: unknown } = {},
  ) {
    super(message, { cause });
    this.reason = reason;
    this.newImage = newImage;
  }
}

/** Any failure of a solver as a refusal: the next solver is asked whatever went wrong with this one. */
export function asRefusal(error: unknown): SolverRefusal {
  if (error instanceof SolverRefusal) return error;
  if (!(error instanceof GatewayError))
    return new SolverRefusal('error', 'failed unexpectedly', { cause: error });
  const reason: RefusalReason =
    error.code === 'DEADLINE_EXCEEDED' || error.internal?.['cause'] === 'timeout' ? 'timeout' : 'unreachable';
  return new SolverRefusal(reason, `failed: ${error.message.replace(/\.$/, '')}`, { cause: error });
}
