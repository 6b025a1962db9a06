#!/usr/bin/env node
// Writes .env for docker compose from .env.example, with fresh secrets. One that exists keeps every value, as changing SECRETS_KEY or
// API_KEY_PEPPER makes stored secrets and keys useless; it only gets the secrets that it does not have yet.
import { randomBytes, randomUUID } from 'node:crypto';
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const makers = {
  key: () => randomBytes(32).toString('base64'),
  password: () => randomBytes(24).toString('base64url'),
  uuid: () => randomUUID(),
};
const drawn = /^([A-Z_]+)=<(\w+)>$/gm;
const say = (text) => process.stdout.write(`${text}\n`);

const example = readFileSync(join(dirname(fileURLToPath(import.meta.url)), '../.env.example'), 'utf8');
const file = resolve(process.argv[2] ?? '.env');
if (existsSync(file)) {
  const text = readFileSync(file, 'utf8');
  const missing = [...example.matchAll(drawn)].filter(([, name]) => !new RegExp(`^${name}=`, 'm').test(text));
  if (missing.length > 0) appendFileSync(file, `${text === '' || text.endsWith('\n') ? '' : '\n'}${missing.map(([, name, kind]) => `${name}=${makers[kind]()}\n`).join('')}`);
  say(missing.length === 0 ? `${file} has every secret and is left as it is.` : `${file} is kept, and got ${missing.map(([, name]) => name).join(', ')}.`);
} else {
  // Without the words about the example itself.
  const text = example.slice(example.indexOf('# ---- ')).replace(drawn, (_line, name, kind) => `${name}=${makers[kind]()}`);
  writeFileSync(file, text, { mode: 0o600, flag: 'wx' });
  say(`Wrote ${file}.`);
}
