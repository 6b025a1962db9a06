import type { IncomingMessage } from 'node:http';
import type { AppError } from '@migrator/contracts/errors';
import { parseAddresses, requireTls, type TransportRule } from './transport-security.js';

const request = (peer: string, forwarded?: string, encrypted = false): IncomingMessage => ({ socket: { remoteAddress: peer, ...(encrypted ? { encrypted } : {}) }, headers: forwarded === undefined ? {} : { 'x-forwarded-proto': forwarded } }) as unknown as IncomingMessage;
const rule = (changes: Partial<TransportRule> = {}): TransportRule => ({ allowInsecureLoopback: false, insecurePeers: parseAddresses(''), trustedProxies: parseAddresses('10.0.0.0/8, 2001:db8::/32'), ...changes });
const refused = (message: IncomingMessage, changes?: Partial<TransportRule>): boolean => {
  try {
    requireTls(message, rule(changes));
    return false;
  } catch (error) {
    expect((error as AppError).code).toBe('TLS_REQUIRED');
    return true;
  }
};

test('a request without TLS is refused, also from loopback unless that is allowed', () => {
  expect(refused(request('203.0.113.9'))).toBe(true);
  expect(refused(request('127.0.0.1'))).toBe(true);
  expect(refused(request('127.0.0.1'), { allowInsecureLoopback: true })).toBe(false);
  expect(refused(request('::ffff:127.0.0.1'), { allowInsecureLoopback: true })).toBe(false);
  expect(refused(request('::1'), { allowInsecureLoopback: true })).toBe(false);
});

test('X-Forwarded-Proto is believed from a trusted proxy alone', () => {
  expect(refused(request('10.1.2.3', 'https'))).toBe(false);
  expect(refused(request('10.1.2.3', 'http'))).toBe(true);
  expect(refused(request('203.0.113.9', 'https'))).toBe(true);
  // A proxy on this machine that says http forwarded something that came without TLS.
  expect(refused(request('127.0.0.1', 'http'), { allowInsecureLoopback: true })).toBe(true);
});

test('a connection with TLS and a named network are taken', () => {
  expect(refused(request('203.0.113.9', undefined, true))).toBe(false);
  expect(refused(request('172.18.0.1'), { insecurePeers: parseAddresses('172.16.0.0/12') })).toBe(false);
});
