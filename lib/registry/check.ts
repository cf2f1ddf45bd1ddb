/** All that is asked of a written definition before it is stored; files are asked the same without a registry. */
import { authAddresses } from '../auth/strategies.ts';
import { invalid } from '../definition/stored.ts';
import { checkBaseUrl } from '../vendors/http/address.ts';
import { refuseConflicts } from './conflicts.ts';
import type { CurrencyOf } from './conflicts.ts';
import type { Definition, RegisteredService } from './definition.ts';
import { refuseOpenSealing } from './sealed.ts';
import { parseDefinition } from './validation.ts';

/** DynamoDB allows 400 KB per item; a definition that long is a mistake. */
const MAX_DOCUMENT_BYTES = 256 * 1024;

export interface CheckOptions {
  /** The code it is to be stored under. Default: its own. */
  code?: string;
  /** Stage `local`: `http:` on a loopback address is allowed. */
  isLocal: boolean;
  /** Services whose names are taken; asked when the rest is right. */
  others: () => Promise<readonly RegisteredService[]>;
  /** Default: all books are empty. */
  currencyOf?: CurrencyOf;
}

/**
 * @param document without the registry's own fields.
 * @throws GatewayError `VALIDATION_FAILED` naming each field at fault.
 */
export async function checkDefinition(
  document: unknown,
  { code, isLocal, others, currencyOf = async () => undefined }: CheckOptions,
): Promise<Definition> {
  const definition = parseDefinition(document);
  if (code !== undefined && definition.code !== code)
    throw invalid([{ field: 'code', message: `must be ${code}, as in the path` }]);
  refuseUnreachable(definition, isLocal);
  refuseOversize(document);
  refuseOpenSealing(definition);
  await refuseConflicts(definition, await others(), currencyOf);
  return definition;
}

function refuseUnreachable({ baseUrl, auth }: Definition, isLocal: boolean): void {
  const faults = [['baseUrl', baseUrl] as const, ...authAddresses(auth)].flatMap(([field, url]) => {
    const message = checkBaseUrl(url, { isLocal });
    return message === undefined ? [] : [{ field, message }];
  });
  if (faults.length > 0) throw invalid(faults);
}

function refuseOversize(document: unknown): void {
  if (Buffer.byteLength(JSON.stringify(document)) > MAX_DOCUMENT_BYTES) {
    throw invalid([{ field: '(document)', message: `must be at most ${MAX_DOCUMENT_BYTES} bytes of JSON` }]);
  }
}
