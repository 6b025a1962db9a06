#!/usr/bin/env node
// Writes .env for docker compose with fresh secrets. Never overwrites one: changing SECRETS_KEY or API_KEY_PEPPER makes stored secrets and keys useless.
import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';

const file = resolve(process.argv[2] ?? '.env');
if (existsSync(file)) {
  process.stderr.write(`${file} exists and is left as it is.\n`);
  process.exit(0);
}
const key = () => randomBytes(32).toString('base64');
const values = {
  POSTGRES_PASSWORD: randomBytes(18).toString('base64url'),
  INTERNAL_SIGNING_KEY: key(),
  SECRETS_KEY: key(),
  API_KEY_PEPPER: key(),
  GRAPH_CLIENT_ID: randomUUID(),
  GRAPH_CLIENT_SECRET: randomBytes(24).toString('base64url'),
};
writeFileSync(file, `${Object.entries(values).map(([name, value]) => `${name}=${value}`).join('\n')}\n`, { mode: 0o600 });
process.stdout.write(`Wrote ${file}.\n`);
