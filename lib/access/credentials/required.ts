import type { Definition } from '../../registry/definition.ts';

/** Names that a protocol of ours needs whatever the definition says. */
const BY_PROTOCOL: Partial<Record<Definition['auth']['type'], string[]>> = {
  SIGNATURE: ['appKey'],
  CHAOJIYING: ['username', 'password', 'softwareId'],
};

/**
 * What a service's credentials must hold to be stored. What a definition's templates name is not asked for here:
 * the definition may be about to change, and a call says what is missing then.
 */
export const requiredCredentials = ({ auth }: Definition): string[] => BY_PROTOCOL[auth.type] ?? [];
