#!/usr/bin/env node
/** `api-key create | list | revoke`: the command for operators; needs DATABASE_URL and API_KEY_PEPPER. */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { apiKeyScopes, apiKeyScopeSchema } from '@migrator/contracts/api/keys';
import { AppError } from '@migrator/contracts/errors';
import { isId } from '@migrator/contracts/ids';
import { systemClock } from '@migrator/service-kit/clock';
import { baseEnv, ConfigError, parseEnv, secretKey } from '@migrator/service-kit/config';
import { inTransaction, migrateDatabase, openDatabase, type TransactionSql } from '@migrator/service-kit/database';
import { systemIds } from '@migrator/service-kit/ids';
import { z } from 'zod';
import { ApiKeyRepository, type KeptApiKey } from '../api-keys/api-key-repository.js';
import { makeCreateApiKey } from '../api-keys/create-api-key.js';
import { createAuditLog } from '../audit/audit-log.js';
import { OrganisationRepository } from '../organisations/organisation-repository.js';

const help = `Manages API keys. Needs DATABASE_URL and API_KEY_PEPPER in the environment.

  api-key create (--org ID | --org-name NAME) [--name TEXT] [--scopes read,write,admin] [--expires-days N] [--json]
  api-key list --org ID [--json]
  api-key revoke --key ID

create   makes a key, with --org-name also its organisation, and prints the key once: it cannot be shown again
scopes   ${apiKeyScopes.join(', ')} (default: all three)
revoke   takes a key back; running gateways refuse it within five seconds
`;

const env = z.object({ DATABASE_URL: baseEnv.DATABASE_URL, API_KEY_PEPPER: secretKey(32) });

class UsageError extends Error {}

async function run(argv: string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: { help: { type: 'boolean', short: 'h' }, json: { type: 'boolean' }, org: { type: 'string' }, 'org-name': { type: 'string' }, name: { type: 'string' }, scopes: { type: 'string' }, 'expires-days': { type: 'string' }, key: { type: 'string' } },
  });
  const action = positionals[0];
  if (values.help === true || action === undefined) {
    process.stdout.write(help);
    return;
  }
  const config = parseEnv(env, process.env);
  await migrateDatabase({ url: config.DATABASE_URL, schema: 'gateway', folder: join(import.meta.dirname, '../../migrations') });
  const db = openDatabase(config.DATABASE_URL, { max: 1, applicationName: 'api-key command' });
  const keys = new ApiKeyRepository();
  const ids = systemIds();
  const audit = createAuditLog({ sql: db.sql, clock: systemClock, ids });
  const note = (tx: TransactionSql, { orgId, id }: Pick<KeptApiKey, 'orgId' | 'id'>, done: 'created' | 'revoked'): Promise<void> =>
    audit.record(tx, { orgId, actor: 'operator', actorName: null, action: `api_key.${done}`, target: id, address: null, requestId: `cmd_${ids.secret(12)}` });
  try {
    if (action === 'create') {
      if ((values.org === undefined) === (values['org-name'] === undefined)) throw new UsageError('Give --org ID or --org-name NAME, one of the two.');
      const scopes = z.array(apiKeyScopeSchema).safeParse((values.scopes ?? apiKeyScopes.join(',')).split(','));
      if (!scopes.success) throw new UsageError(`--scopes takes ${apiKeyScopes.join(', ')}, separated by commas.`);
      const days = values['expires-days'] === undefined ? null : Number(values['expires-days']);
      if (days !== null && !(Number.isInteger(days) && days > 0)) throw new UsageError('--expires-days takes a whole number of days.');
      const create = makeCreateApiKey({ sql: db.sql, keys, organisations: new OrganisationRepository(), pepper: config.API_KEY_PEPPER, clock: systemClock, ids });
      const { key, text } = await create({
        organisation: values.org === undefined ? { name: values['org-name'] ?? '' } : { id: values.org },
        name: values.name ?? 'made by command',
        scopes: scopes.data,
        expiresAt: days === null ? null : new Date(Date.now() + days * 86_400_000),
        createdBy: 'operator',
        note: (tx, made) => note(tx, made, 'created'),
      });
      if (values.json === true) process.stdout.write(`${JSON.stringify({ orgId: key.orgId, keyId: key.id, apiKey: text, scopes: key.scopes })}\n`);
      else process.stdout.write(`organisation  ${key.orgId}\nkey id        ${key.id}\nAPI key       ${text}\n\nKeep the key now: it is stored as a hash and cannot be shown again.\n`);
    } else if (action === 'list') {
      if (!isId('org', values.org)) throw new UsageError('Give --org ID.');
      const found = await keys.list(db.sql, values.org);
      if (values.json === true) process.stdout.write(`${JSON.stringify(found)}\n`);
      else for (const key of found) process.stdout.write(`${key.id}  …${key.last4}  ${key.scopes.join(',')}  ${key.revokedAt === null ? 'in use' : 'revoked'}  ${key.name}\n`);
    } else if (action === 'revoke') {
      const { key: id } = values;
      if (!isId('key', id)) throw new UsageError('Give --key ID.');
      await inTransaction(db.sql, async (tx) => {
        const revokedAt = new Date();
        const key = await keys.revoke(tx, id, revokedAt);
        if (key?.revokedAt?.getTime() !== revokedAt.getTime()) throw new UsageError(`There is no key ${id} in use.`);
        await note(tx, key, 'revoked');
      });
      process.stdout.write('revoked\n');
    } else throw new UsageError(`There is no action “${action}”.`);
  } finally {
    await db.close();
  }
}

run(process.argv.slice(2)).catch((error: unknown) => {
  if (error instanceof UsageError || error instanceof ConfigError) process.stderr.write(`${error.message}\nSee --help.\n`);
  else process.stderr.write(`${error instanceof AppError ? error.publicMessage : error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
