import { inspect } from 'node:util';
import { z } from 'zod';
import { ConfigError, flag, parseEnv, Secret, secret, secretKey } from './config.js';

const schema = z.object({ PORT: z.coerce.number().int().positive(), KEY: secretKey(32), TOKEN: secret(), DEBUG: flag(false) });

test('every problem of the environment is told at once, by name and never by value', () => {
  let error: unknown;
  try {
    parseEnv(schema, { PORT: 'abc', KEY: 'c2hvcnQ=', DEBUG: 'true' });
  } catch (each) {
    error = each;
  }
  expect(error).toBeInstanceOf(ConfigError);
  const { message } = error as ConfigError;
  expect(message).toMatch(/PORT: /);
  expect(message).toMatch(/KEY: must be 32 bytes/);
  expect(message).toMatch(/TOKEN: is missing/);
  expect(message).not.toContain('c2hvcnQ=');
});

test('a secret does not print', () => {
  const value = new Secret('hunter2');
  expect([`${value}`, JSON.stringify({ value }), inspect({ value }), String(value)].join()).not.toContain('hunter2');
  expect(value.reveal()).toBe('hunter2');
});

test('an empty variable counts as missing', () => {
  expect(() => parseEnv(schema, { PORT: '', KEY: Buffer.alloc(32).toString('base64'), TOKEN: 'x' })).toThrow('PORT: is missing');
});
