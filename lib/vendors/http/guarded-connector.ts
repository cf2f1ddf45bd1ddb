/** Connects sockets for undici and refuses every address that is not a third party's. */
import { lookup as systemLookup } from 'node:dns';
import { isIP, type LookupFunction, type Socket } from 'node:net';
import type { buildConnector } from 'undici';
import connectorOf from 'undici/lib/core/connect.js';
import { mayReachAddress, type Reach } from './address.ts';

/** No socket was connected: the address must not be reached. */
export class AddressRefused extends Error {
  override readonly name = 'AddressRefused';
  readonly code = 'ADDRESS_REFUSED';
}

export interface ConnectorOptions extends Reach {
  /** Resolves names; for tests. */
  lookup?: LookupFunction;
  /** PEM certificates to trust instead of the system's; for tests. */
  ca?: string;
  /** How long a connection may take to open, milliseconds. */
  connectTimeoutMs: number;
}

/**
 * A connector whose checks are at the socket, not at the name: each address a name resolves to (so a name
 * that changes between check and connect gains nothing), literal addresses (which skip resolution), and
 * what the socket is really connected to, before a byte is written.
 */
export function guardedConnector(options: ConnectorOptions): buildConnector.connector {
  const connect = connectorOf({
    allowH2: false,
    timeout: options.connectTimeoutMs,
    lookup: guardedLookup(options.lookup ?? systemLookup, options),
    ca: options.ca,
  }) as (target: buildConnector.Options, callback: buildConnector.Callback) => Socket;

  return (target, callback) => {
    if (isIP(target.hostname) !== 0 && !mayReachAddress(target.hostname, options)) {
      queueMicrotask(() => callback(refusal(), null));
      return;
    }
    const socket = connect(target, callback);
    socket.on('error', showReset);
    // Before undici's own listener: with TLS this is before the handshake begins.
    socket.prependOnceListener('connect', () => {
      if (!mayReachAddress(socket.remoteAddress ?? '', options)) socket.destroy(refusal());
    });
  };
}

/** A resolver that fails unless every address it found may be reached. */
function guardedLookup(lookup: LookupFunction, reach: Reach): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, found, family) => {
      if (error) return callback(error, []);
      const addresses = typeof found === 'string' ? [{ address: found, family: family ?? 4 }] : found;
      const [first] = addresses;
      if (!first || !addresses.every(({ address }) => mayReachAddress(address, reach))) {
        return callback(refusal(), []);
      }
      if (options.all) return callback(null, addresses);
      callback(null, first.address, first.family);
    });
  };
}

/**
 * undici treats `ECONNRESET` within a body that ends with its connection as the end of that body, so that half
 * an answer would count as complete. Any other code is an error for undici, and counts as a reset here.
 */
function showReset(error: NodeJS.ErrnoException): void {
  if (error.code === 'ECONNRESET') error.code = 'ECONNABORTED';
}

function refusal(): AddressRefused {
  return new AddressRefused('The address is not a public one.');
}
