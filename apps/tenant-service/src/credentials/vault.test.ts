import { randomBytes } from 'node:crypto';
import { Secret } from '@migrator/service-kit/config';
import { createVault } from './vault.js';

const key = () => new Secret(randomBytes(32).toString('base64'));
const credential = { kind: 'secret', clientSecret: 'the customer’s secret' } as const;

test('a sealed credential opens for its own tenant under its own key, and shows nothing of itself', () => {
  const vault = createVault(key());
  const sealed = vault.seal(credential, 'ten_1');
  expect(sealed).not.toContain('customer');
  expect(vault.open(sealed, 'ten_1')).toEqual(credential);
  expect(vault.seal(credential, 'ten_1')).not.toBe(sealed);
});

test('it opens neither for another tenant, nor under another key, nor changed', () => {
  const vault = createVault(key());
  const sealed = vault.seal(credential, 'ten_1');
  expect(() => vault.open(sealed, 'ten_2')).toThrow();
  expect(() => createVault(key()).open(sealed, 'ten_1')).toThrow('another SECRETS_KEY');
  const parts = sealed.split('.');
  const last = Buffer.from(parts[4]!, 'base64url');
  last[0]! ^= 1;
  expect(() => vault.open([...parts.slice(0, 4), last.toString('base64url')].join('.'), 'ten_1')).toThrow();
});
