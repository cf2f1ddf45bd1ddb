/**
 * undici's parts by file: importing all of undici costs about 40 ms at a cold start, these two do not.
 * The types are undici's own.
 */
declare module 'undici/lib/dispatcher/client.js' {
  import { Client } from 'undici';
  export default Client;
}

declare module 'undici/lib/core/connect.js' {
  import { buildConnector } from 'undici';
  export default buildConnector;
}
