/**
 * Mutants that no test can kill, because the program does the same with them: which, and why. Sparingly: "hard to test"
 * is no reason. A run fails when one of these is killed after all, or is no longer there.
 */
export interface Argument {
  file: string;
  /** The line as it stands, and as it reads with each of the mutants: as a run prints them. */
  line: string;
  mutated: string[];
  because: string;
}

export const ARGUMENTS: Argument[] = [
  {
    file: 'lib/calls/idempotency/claims.ts',
    line: "return record?.state === 'completed' && record.owner === attempt.owner ? 'saved' : record;",
    mutated: ["return true && record.owner === attempt.owner ? 'saved' : record;"],
    because:
      'a record of its own for which the condition does not hold is no claim, so it is the answer that it saved',
  },
  {
    file: 'lib/ledger/decimal.ts',
    line: "const digits = (units < 0n ? -units : units).toString().padStart(DECIMALS + 1, '0');",
    mutated: ["const digits = (units <= 0n ? -units : units).toString().padStart(DECIMALS + 1, '0');"],
    because: 'a bigint has no negative zero',
  },
  {
    file: 'lib/ledger/decimal.ts',
    line: "const [, sign = '', whole = '', fraction = '', power = '0'] = match;",
    mutated: [
      `const [, sign = "Stryker was here!", whole = '', fraction = '', power = '0'] = match;`,
      `const [, sign = '', whole = "Stryker was here!", fraction = '', power = '0'] = match;`,
    ],
    because: 'the group takes part in every match: the default is for the compiler',
  },
  {
    file: 'lib/ledger/decimal.ts',
    line: "const [, sign = '', whole = '', fraction = '', power = '0'] = match;",
    mutated: [`const [, sign = '', whole = '', fraction = '', power = ""] = match;`],
    because: "Number('') is 0, too",
  },
  {
    file: 'lib/ledger/decimal.ts',
    line: 'if (shift >= 0) return digits * 10n ** BigInt(shift);',
    mutated: ['if (shift > 0) return digits * 10n ** BigInt(shift);'],
    because: 'shifted by nothing, all digits are kept on the other way as well',
  },
  {
    file: 'lib/ledger/decimal.ts',
    line: 'if (kept <= 0 || /[1-9]/.test(text.slice(kept))) return TOO_FINE;',
    mutated: ['if (kept < 0 || /[1-9]/.test(text.slice(kept))) return TOO_FINE;'],
    because: 'where nothing is kept the rest is the whole number, which is not zero',
  },
  {
    file: 'lib/vendors/redis/rest-requester.ts',
    line: "response.on('error', reject).on('close', () => reject(new Error('The answer was cut short.')));",
    mutated: [
      `response.on("", reject).on('close', () => reject(new Error('The answer was cut short.')));`,
      `response.on('error', reject).on("", () => reject(new Error('The answer was cut short.')));`,
      "response.on('error', reject).on('close', () => undefined);",
      `response.on('error', reject).on('close', () => reject(new Error("")));`,
    ],
    because: 'of an answer that is cut short Node tells by both events: the first to come rejects',
  },
  {
    file: 'lib/vendors/redis/rest-requester.ts',
    line: 'readonly readYourWrites = true;',
    mutated: ['readonly readYourWrites = false;'],
    because: 'the SDK wants it of a requester, and reads it of none but its own',
  },
  {
    file: 'lib/vendors/kept-alive/agents.ts',
    line: 'if (!lastUses.get(socket)?.isWithin(MAX_IDLE_MS, now)) drop(socket);',
    mutated: ['if (!lastUses.get(socket).isWithin(MAX_IDLE_MS, now)) drop(socket);'],
    because: 'an agent has no idle socket that it was not asked to keep, which notes it',
  },
  {
    file: 'lib/vendors/kept-alive/agents.ts',
    line: "socket.emit('agentRemove');",
    mutated: ['socket.emit("");'],
    because: 'the agents of Node 24 pass over a destroyed socket themselves',
  },
  {
    file: 'lib/vendors/kept-alive/agents.ts',
    line: 'for (const socket of Object.values(agent.freeSockets).flatMap((sockets) => sockets ?? [])) {',
    mutated: [
      'for (const socket of Object.values(agent.freeSockets).flatMap((sockets) => sockets ?? ["Stryker was here"])) {',
    ],
    because: 'the default is for the compiler: a name without sockets is deleted',
  },
  {
    file: 'lib/vendors/kept-alive/aws-connection.ts',
    line: "const agent = options.agent ?? keptAliveAgent(endpoint ?? 'https:');",
    mutated: ['const agent = options.agent ?? keptAliveAgent(endpoint ?? "");'],
    because: 'whatever does not begin with http: is reached by TLS',
  },
  {
    file: 'lib/vendors/dynamodb/documents.ts',
    line: "const { name = 'unknown', Item: item, CancellationReasons: reasons } = error as SdkError;",
    mutated: ['const { name = "", Item: item, CancellationReasons: reasons } = error as SdkError;'],
    because: 'the SDK throws nothing without a name: the default is for the compiler',
  },
];
