/** Where requests go, and how connections are made there. */
import type { OnReadOpts } from 'node:net';
import { types } from 'node:util';
import { buildConnector } from 'undici';
import type { LastHop } from './last-hop.js';

/** Nothing was sent: the connection could not be made. Everything else that goes wrong may have reached the other side. */
export class NotSentError extends Error {
  override readonly name = 'NotSentError';
}

/** What should have been a URL is none; sending it again would not help. */
export class NotAnAddressError extends Error {
  override readonly name = 'NotAnAddressError';
}

const neverSent = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_CLOSED']);

/** The error as it is, or a NotSentError when it says that no connection could be made. */
export const sendingError = (cause: unknown): unknown => (codeOf(cause).some((code) => neverSent.has(code)) ? new NotSentError('No connection could be made.', { cause }) : cause);

export interface Address {
  origin: string;
  host: string;
  path: string;
}
const knownMax = 256;

/** Where addresses lead. The same ones come again and again: an import's is the same for every item of a mailbox. */
export function addresses(lastHop: LastHop): (url: string) => Address {
  const known = new Map<string, Address>();
  return (url) => {
    let address = known.get(url);
    if (address === undefined) {
      const target = URL.canParse(url) ? new URL(url) : null;
      // Node's own error carries the whole input, which may be a pre-authorised address.
      if (target === null) throw new NotAnAddressError('Microsoft named an address that is none.');
      address = { ...lastHop.resolve(target), path: `${target.pathname}${target.search}` };
      if (known.size >= knownMax) known.clear();
      known.set(url, address);
    }
    return address;
  };
}

/** `onread`: where what arrives is put, past Node's streams. */
export function connector({ dial }: LastHop, onread?: OnReadOpts): buildConnector.connector {
  const connect = buildConnector({ timeout: 10_000, ...(onread === undefined ? {} : { onread }) });
  // The certificate is held against the production name, whoever answers.
  return dial === null ? connect : (options, done) => { connect(options.protocol === 'https:' ? { ...options, ...dial, servername: options.servername ?? options.hostname } : options, done); };
}

function codeOf(error: unknown): string[] {
  if (!types.isNativeError(error)) return [];
  const own = 'code' in error && typeof error.code === 'string' ? [error.code] : [];
  const inner = 'errors' in error && Array.isArray(error.errors) ? error.errors.flatMap(codeOf) : [];
  return [...own, ...inner, ...codeOf(error.cause)];
}
