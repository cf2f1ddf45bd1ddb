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
    file: 'lib/ledger/settlement/settle-batch.ts',
    line: '} catch {',
    mutated: ['} catch {}'],
    because: 'nothing is as false as false to its one caller',
  },
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
    file: 'lib/platforms/session/store.ts',
    line: '[],',
    mutated: ['["Stryker was here"],'],
    because: 'the script of invalidate reads no argument',
  },
  {
    file: 'lib/platforms/session/store.ts',
    line: 'return text === undefined ? undefined : parseRefreshState(text);',
    mutated: ['return false ? undefined : parseRefreshState(text);'],
    because: 'what is no JSON is no state either: the look is for the compiler',
  },
  {
    file: 'lib/platforms/session/store.ts',
    line: "failure: /^\\d+\\|([A-Z_]+)\\|(\\d+)\\|(\\d+)\\|/.exec(failure ?? ''),",
    mutated: ['failure: /^\\d+\\|([A-Z_]+)\\|(\\d+)\\|(\\d+)\\|/.exec(failure ?? "Stryker was here!"),'],
    because: 'neither text is a failure',
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
  {
    file: 'lib/partners/adjustment.ts',
    line: 'const gives = amount > 0n;',
    mutated: ['const gives = amount >= 0n;'],
    because: 'the ledger refuses zero, and has no first answer of it in either direction',
  },
  {
    file: 'lib/partners/unverified.ts',
    line: 'const flat = await redis.run<string[]>(READ, [keyOf(service, hour)], []);',
    mutated: ['const flat = await redis.run<string[]>(READ, [keyOf(service, hour)], ["Stryker was here"]);'],
    because: 'the script takes no argument',
  },
  {
    file: 'lib/partners/unverified.ts',
    line: 'const counts: UnverifiedCount[] = [];',
    mutated: ['const counts: UnverifiedCount[] = ["Stryker was here"];'],
    because: 'what has no minute is in no list; the compiler would refuse it',
  },
  {
    file: 'lib/partners/urs/user-answers.ts',
    line: 'const entries: ExactJson[] = [null, null, null];',
    mutated: ['const entries: ExactJson[] = [];'],
    because: 'an entry that is not there is no user, as null is',
  },
  {
    file: 'lib/partners/urs/user-answers.ts',
    line: 'if (Number(level) <= LEVELS)',
    mutated: ['if (true)'],
    because: 'readUserTeam takes no more than three entries',
  },
  {
    file: 'lib/partners/urs/user-answers.ts',
    line: 'if (level! <= LEVELS && isNoUser(entries[level! - 1])) entries[level! - 1] = team[index]!;',
    mutated: ['if (true && isNoUser(entries[level! - 1])) entries[level! - 1] = team[index]!;'],
    because: 'readUserTeam takes no more than three entries',
  },
  {
    file: 'lib/partners/urs/user-answers.ts',
    line: 'if (team.length === 0 || levels.some((level) => level === undefined)) return team;',
    mutated: ['if (false || levels.some((level) => level === undefined)) return team;'],
    because: 'three entries without a user are no superior, as no entry is',
  },
  {
    file: 'lib/partners/urs/user-answers.ts',
    line: "if (error instanceof JsonSyntaxError) throw unreadable(operation, 'no JSON', error);",
    mutated: ["if (true) throw unreadable(operation, 'no JSON', error);"],
    because: 'parseExact throws nothing else',
  },
  {
    file: 'lib/partners/urs/user-answers.ts',
    line: "throw unreadable('userTeam', cause instanceof GatewayError ? cause.message : 'no team', cause);",
    mutated: [`throw unreadable('userTeam', cause instanceof GatewayError ? cause.message : "", cause);`],
    because: 'superiorsOf throws nothing else',
  },
  {
    file: 'lib/partners/urs/envelope-key.ts',
    line: "Buffer.from(appKey, 'utf8').copy(bytes);",
    mutated: ['Buffer.from(appKey, "").copy(bytes);'],
    because: 'without an encoding it is UTF-8',
  },
  {
    file: 'lib/partners/urs/envelope-key.ts',
    line: "return Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final()]);",
    mutated: ['return Buffer.concat([cipher.update(plaintext, ""), cipher.final()]);'],
    because: 'without an encoding it is UTF-8',
  },
  {
    file: 'lib/partners/urs/envelope.ts',
    line: "const given = Buffer.from(sign, 'utf8');",
    mutated: ['const given = Buffer.from(sign, "");'],
    because: 'without an encoding it is UTF-8',
  },
  {
    file: 'lib/partners/urs/envelope.ts',
    line: "if (timingSafeEqual(given, Buffer.from(key.sign(signed), 'latin1'))) return key;",
    mutated: ['if (timingSafeEqual(given, Buffer.from(key.sign(signed), ""))) return key;'],
    because: 'hex digits are the same in Latin-1 and UTF-8',
  },
  {
    file: 'lib/partners/urs/envelope.ts',
    line: 'if (mayHoldSurrogates(text) || mayBeDeep(text)) parseExact(text);',
    mutated: ['if (true) parseExact(text);'],
    because:
      'parseExact judges as JSON.parse does, or more strictly as PHP does: what is sent to it for nothing only takes longer',
  },
  {
    file: 'lib/partners/urs/envelope.ts',
    line: String.raw`return text.includes('\\u') && /\\u[dD][89a-fA-F]/.test(text);`,
    mutated: [
      'return true;',
      String.raw`return text.includes('\\u') || /\\u[dD][89a-fA-F]/.test(text);`,
      String.raw`return text.includes("") && /\\u[dD][89a-fA-F]/.test(text);`,
    ],
    because:
      'parseExact judges as JSON.parse does, or more strictly as PHP does: what is sent to it for nothing only takes longer',
  },
  {
    file: 'lib/partners/urs/envelope.ts',
    line: "return text.length > 2 * MAX_DEPTH && opens(text, '[') + opens(text, '{') > MAX_DEPTH;",
    mutated: [
      'return true;',
      "return text.length > 2 * MAX_DEPTH || opens(text, '[') + opens(text, '{') > MAX_DEPTH;",
      "return true && opens(text, '[') + opens(text, '{') > MAX_DEPTH;",
      "return text.length >= 2 * MAX_DEPTH && opens(text, '[') + opens(text, '{') > MAX_DEPTH;",
      "return text.length > 2 / MAX_DEPTH && opens(text, '[') + opens(text, '{') > MAX_DEPTH;",
      'return text.length > 2 * MAX_DEPTH && true;',
      "return text.length > 2 * MAX_DEPTH && opens(text, '[') + opens(text, '{') >= MAX_DEPTH;",
      `return text.length > 2 * MAX_DEPTH && opens(text, "") + opens(text, '{') > MAX_DEPTH;`,
      `return text.length > 2 * MAX_DEPTH && opens(text, '[') + opens(text, "") > MAX_DEPTH;`,
    ],
    because:
      'parseExact judges as JSON.parse does, or more strictly as PHP does: what is sent to it for nothing only takes longer',
  },
  {
    file: 'lib/partners/urs/envelope.ts',
    line: 'for (let at = text.indexOf(bracket); at >= 0 && count <= MAX_DEPTH; at = text.indexOf(bracket, at + 1)) {',
    mutated: [
      'for (let at = text.indexOf(bracket); at >= 0 || count <= MAX_DEPTH; at = text.indexOf(bracket, at + 1)) {',
      'for (let at = text.indexOf(bracket); true && count <= MAX_DEPTH; at = text.indexOf(bracket, at + 1)) {',
      'for (let at = text.indexOf(bracket); at >= 0 && count <= MAX_DEPTH; at = text.indexOf(bracket, at - 1)) {',
    ],
    because:
      'parseExact judges as JSON.parse does, or more strictly as PHP does: what is sent to it for nothing only takes longer',
  },
  {
    file: 'lib/partners/urs/envelope.ts',
    line: 'for (let at = text.indexOf(bracket); at >= 0 && count <= MAX_DEPTH; at = text.indexOf(bracket, at + 1)) {',
    mutated: ['for (let at = text.indexOf(bracket); at >= 0 && true; at = text.indexOf(bracket, at + 1)) {'],
    because: 'beyond the limit the count makes no difference',
  },
  {
    file: 'lib/partners/urs/envelope-placement.ts',
    line: '} catch {',
    mutated: ['} catch {}'],
    because: 'where nothing was parsed there is no object either; the compiler would refuse it',
  },
  {
    file: 'lib/partners/urs/envelope-placement.ts',
    line: "typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof ExactNumber)",
    mutated: ['true && value !== null && !Array.isArray(value) && !(value instanceof ExactNumber)'],
    because: 'a text or a truth value has none of the fields, as what is no object',
  },
  {
    file: 'lib/partners/urs/sealing.ts',
    line: `return text.includes('"sign"') ? readEnvelope(text) : undefined;`,
    mutated: ['return text.includes("") ? readEnvelope(text) : undefined;'],
    because: 'readEnvelope finds none either, only later',
  },
  {
    file: 'lib/platforms/session/generation.ts',
    line: String.raw`const match = /^(\d{1,15})\.(\d{1,15})$/.exec(text ?? '');`,
    mutated: [String.raw`const match = /^(\d{1,15})\.(\d{1,15})$/.exec(text ?? "Stryker was here!");`],
    because: 'neither text is a generation',
  },
  {
    file: 'lib/platforms/session/generation.ts',
    line: String.raw`const match = /^(\d{1,15})\.(?:\d{1,15}|invalidated)$/.exec(text ?? '');`,
    mutated: [
      String.raw`const match = /^(\d{1,15})\.(?:\d{1,15}|invalidated)$/.exec(text ?? "Stryker was here!");`,
    ],
    because: 'neither text is a generation',
  },
  {
    file: 'lib/platforms/session/document.ts',
    line: '} catch {',
    mutated: ['} catch {}'],
    because: 'a function that ends without an answer answers undefined',
  },
  {
    file: 'lib/vendors/secrets/vault.ts',
    line: '} catch {',
    mutated: ['} catch {}'],
    because: 'a function that ends without an answer answers undefined',
  },
  {
    file: 'lib/vendors/secrets/vault.ts',
    line: 'if (!found) return undefined;',
    mutated: ['if (false) return undefined;'],
    because: 'opening without a key throws, and whatever throws there is answered with undefined',
  },
  {
    file: 'lib/vendors/secrets/vault.ts',
    line: "const cipher = createCipheriv('aes-256-gcm', key, iv, { authTagLength: TAG_BYTES });",
    mutated: ["const cipher = createCipheriv('aes-256-gcm', key, iv, {});"],
    because: 'a cipher makes 16 bytes unasked; a decipher takes shorter ones, unless it is told',
  },
  {
    file: 'lib/platforms/session/import-input.ts',
    line: 'if (equals < 0 || /^cookie:/i.test(name) || !COOKIE_NAME.test(name) || !COOKIE_VALUE.test(value)) {',
    mutated: [
      'if (equals <= 0 || /^cookie:/i.test(name) || !COOKIE_NAME.test(name) || !COOKIE_VALUE.test(value)) {',
    ],
    because: 'an empty name is none by its pattern either',
  },
  {
    file: 'lib/platforms/session/import-input.ts',
    line: 'if (expires !== undefined && Date.parse(expires) <= now) {',
    mutated: ['if (true && Date.parse(expires) <= now) {'],
    because: 'what has no end parses to NaN, which is not past',
  },
  {
    file: 'lib/platforms/session/import-input.ts',
    line: '...(expires === undefined ? [] : [`Expires=${new Date(expires).toUTCString()}`]),',
    mutated: ['...(false ? [] : [`Expires=${new Date(expires).toUTCString()}`]),'],
    because: 'the jar passes over an end that is no date',
  },
  {
    file: 'lib/platforms/session/fleet.ts',
    line: 'throw loginInProgress(LONGEST_LOGIN_MS / 1_000);',
    mutated: ['throw loginInProgress(LONGEST_LOGIN_MS * 1_000);'],
    because: 'it tells of 10 s at most',
  },
  {
    file: 'lib/platforms/session/cookie-changes.ts',
    line: 'if (setCookies.length === 0) return;',
    mutated: ['if (false) return;'],
    because: 'of no lines none is fresh: it only saves the look',
  },
  {
    file: 'lib/platforms/session/cookie-changes.ts',
    line: 'if (fresh.length === 0) return;',
    mutated: ['if (false) return;'],
    because: 'no lines leave the jar as it was: it only saves opening it',
  },
  {
    file: 'lib/platforms/session/cookie-changes.ts',
    line: 'if (current?.login !== login) return;',
    mutated: ['if (current.login !== login) return;'],
    because: 'nobody hears of a change that throws: it is none',
  },
  {
    file: 'lib/platforms/session/cookie-changes.ts',
    line: 'if (!document) return;',
    mutated: ['if (false) return;'],
    because: 'nobody hears of a change that throws: it is none',
  },
  {
    file: 'lib/platforms/session/cookie-changes.ts',
    line: 'if (stored?.generation.login !== login) return false;',
    mutated: ['if (stored.generation.login !== login) return false;'],
    because: 'nobody hears of a change that throws: it is none',
  },
  {
    file: 'lib/platforms/session/cookie-changes.ts',
    line: "owner: 'saved-late',",
    mutated: ['owner: "",'],
    because: 'neither owns a lock, which is all that the store asks',
  },
  {
    file: 'lib/platforms/session/cookie-changes.ts',
    line: "return url.lastIndexOf('/', query < 0 ? url.length : query) + 1;",
    mutated: ["return url.lastIndexOf('/', query <= 0 ? url.length : query) + 1;"],
    because: 'an absolute URL does not begin with its query',
  },
  {
    file: 'lib/ledger/statement.ts',
    line: 'if (from >= to) return { items: [] };',
    mutated: ['if (from > to) return { items: [] };'],
    because:
      'a moment before which nothing lies and after which nothing lies holds nothing: it only saves the look',
  },
  {
    file: 'lib/ledger/journal-audit.ts',
    line: 'return recent.toSorted((a, b) => (sortOf(a) < sortOf(b) ? -1 : 1)).slice(-surplus);',
    mutated: ['return recent.toSorted((a, b) => (sortOf(a) <= sortOf(b) ? -1 : 1)).slice(-surplus);'],
    because: 'no two transfers have one sort key: it holds their id',
  },
  {
    file: 'lib/ledger/trial-balance.ts',
    line: '.filter(({ currency }) => currency !== balances[0]?.currency)',
    mutated: ['.filter(({ currency }) => currency !== balances[0].currency)'],
    because: 'whoever is being looked at is one of them, so there is a first: the look is for the compiler',
  },
];
