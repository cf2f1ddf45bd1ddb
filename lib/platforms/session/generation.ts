/**
 * A session's identity: which login it came from, and how often its cookies have changed since.
 * On the wire `"7.2"`; `"8.invalidated"` after an operator invalidated it.
 */
export interface Generation {
  /** Counts logins of the service, fleet-wide; the fencing token of the login lock. */
  login: number;
  /** Counts cookie changes of this login. */
  revision: number;
}

export function formatGeneration({ login, revision }: Generation): string {
  return `${login}.${revision}`;
}

/** `undefined` for anything that is not a generation of a live session. */
export function parseGeneration(text: string | null | undefined): Generation | undefined {
  const match = /^(\d{1,15})\.(\d{1,15})$/.exec(text ?? '');
  return match ? { login: Number(match[1]), revision: Number(match[2]) } : undefined;
}

/** The login counter of any generation, an invalidated one too; 0 for none. */
export function loginOf(text: string | null | undefined): number {
  const match = /^(\d{1,15})\.(?:\d{1,15}|invalidated)$/.exec(text ?? '');
  return match ? Number(match[1]) : 0;
}
