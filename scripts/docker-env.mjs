#!/usr/bin/env node
// Writes .env for docker compose from .env.example, with fresh secrets. Never overwrites one: changing SECRETS_KEY or API_KEY_PEPPER
// makes stored secrets and keys useless.
import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const makers = {
  key: () => randomBytes(32).toString('base64'),
  password: () => randomBytes(24).toString('base64url'),
  uuid: () => randomUUID(),
};

const example = join(dirname(fileURLToPath(import.meta.url)), '../.env.example');
const file = resolve(process.argv[2] ?? '.env');
if (existsSync(file)) {
  process.stderr.write(`${file} exists and is left as it is.\n`);
} else {
  const [, ...lines] = readFileSync(example, 'utf8').split('# ---- What runs');
  const text = `# ---- What runs${lines.join('# ---- What runs')}`.replace(/^([A-Z_]+)=<(\w+)>$/gm, (_line, name, kind) => `${name}=${makers[kind]()}`);
  writeFileSync(file, text, { mode: 0o600, flag: 'wx' });
  process.stdout.write(`Wrote ${file}.\n`);
}
