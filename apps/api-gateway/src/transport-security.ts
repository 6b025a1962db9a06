/** The TLS rule: a request that did not arrive by TLS is refused, except from this machine while the local stack allows it. */
import { BlockList, isIPv6 } from 'node:net';
import type { IncomingMessage } from 'node:http';
import { AppError } from '@migrator/contracts/errors';
import { LRUCache } from 'lru-cache';

const family = (address: string): 'ipv4' | 'ipv6' => (isIPv6(address) ? 'ipv6' : 'ipv4');
/** An IPv4 address that arrived on an IPv6 socket, as IPv4. */
const plain = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/, '');

/** A set of addresses. */
export interface AddressSet {
  has(address: string): boolean;
}

/** Every request asks several times, mostly of the same few peers, and the list itself answers slowly. */
const rememberedAddresses = 1_000;

/** `addresses`: addresses or CIDR ranges separated by commas. Throws on anything else. */
export function parseAddresses(addresses: string): AddressSet {
  const list = new BlockList();
  const entries = addresses.split(',').map((part) => part.trim()).filter((part) => part !== '');
  for (const entry of entries) {
    const [address = '', bits] = entry.split('/');
    if (bits === undefined) list.addAddress(address, family(address));
    else list.addSubnet(address, Number(bits), family(address));
  }
  if (entries.length === 0) return { has: () => false };
  const answers = new LRUCache<string, boolean>({ max: rememberedAddresses });
  return {
    has: (address) => {
      let answer = answers.get(address);
      if (answer === undefined) {
        answer = list.check(address, family(address));
        answers.set(address, answer);
      }
      return answer;
    },
  };
}

const loopback = parseAddresses('127.0.0.0/8, ::1');

export interface TransportRule {
  allowInsecureLoopback: boolean;
  /** Peers that may come without TLS besides loopback: a container's own network, when the port is published on loopback alone. */
  insecurePeers: AddressSet;
  trustedProxies: AddressSet;
}

/** The address at the other end of the connection. */
export const peerOf = (request: IncomingMessage): string => plain(request.socket.remoteAddress ?? '');

export const isTrustedProxy = ({ trustedProxies }: TransportRule, address: string): boolean => address !== '' && trustedProxies.has(address);

/** True when the request came by TLS, here or at a trusted proxy. */
export const cameByTls = (request: IncomingMessage, rule: TransportRule): boolean =>
  ('encrypted' in request.socket && request.socket.encrypted === true) || (request.headers['x-forwarded-proto'] === 'https' && isTrustedProxy(rule, peerOf(request)));

/** Throws TLS_REQUIRED unless the request came by TLS, or from where none is needed. */
export function requireTls(request: IncomingMessage, rule: TransportRule): void {
  if (cameByTls(request, rule)) return;
  const peer = peerOf(request);
  if (peer !== '' && request.headers['x-forwarded-proto'] === undefined) {
    if (rule.insecurePeers.has(peer)) return;
    if (rule.allowInsecureLoopback && loopback.has(peer)) return;
  }
  throw new AppError('TLS_REQUIRED', { publicMessage: 'Use https.' });
}
