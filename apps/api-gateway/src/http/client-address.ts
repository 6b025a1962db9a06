/** Where a request comes from: its peer, or what a trusted proxy says. */
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { isTrustedProxy, peerOf, type TransportRule } from '../transport-security.js';

/** The right-most address of `X-Forwarded-For` that is no trusted proxy itself; the peer when the peer is not trusted. */
export function clientAddressOf(request: IncomingMessage, rule: TransportRule): string {
  const peer = peerOf(request);
  const forwarded = request.headers['x-forwarded-for'];
  if (typeof forwarded !== 'string' || !isTrustedProxy(rule, peer)) return peer;
  const hops = forwarded.split(',').map((hop) => hop.trim());
  for (const hop of hops.reverse()) if (isIP(hop) === 0) return peer;
    else if (!isTrustedProxy(rule, hop)) return hop;
  return peer;
}
