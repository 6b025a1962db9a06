#!/usr/bin/env node
/** `person invite | reset-link`: links that an operator hands over himself; needs DATABASE_URL and PUBLIC_URL. */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { emailAddressSchema, roles, roleSchema } from '@migrator/contracts/api/people';
import { AppError } from '@migrator/contracts/errors';
import { isId } from '@migrator/contracts/ids';
import { systemClock } from '@migrator/service-kit/clock';
import { baseEnv, ConfigError, parseEnv } from '@migrator/service-kit/config';
import { inTransaction, migrateDatabase, openDatabase } from '@migrator/service-kit/database';
import { systemIds } from '@migrator/service-kit/ids';
import { z } from 'zod';
import { createAuditLog, type AuditEvent } from '../audit/audit-log.js';
import { OrganisationRepository } from '../organisations/organisation-repository.js';
import { InvitationRepository } from '../people/invitation-repository.js';
import { makeInvite } from '../people/invite.js';
import { hashToken, newLinkToken } from '../people/link-token.js';
import { PasswordResetRepository } from '../people/password-reset-repository.js';
import { PersonRepository } from '../people/person-repository.js';
import { resetLink, resetMs } from '../people/reset-password.js';

const help = `Makes links for people. Needs DATABASE_URL and PUBLIC_URL in the environment.

  person invite --org ID --email ADDRESS [--role ROLE] [--json]
  person reset-link --email ADDRESS [--json]

invite      makes a link to join an organisation, valid for 7 days; for the first owner of one that was made by command
reset-link  makes a link to set a new password, valid for an hour; for when mail is lost
roles       ${roles.join(', ')} (default: owner)
`;

const env = z.object({ DATABASE_URL: baseEnv.DATABASE_URL, PUBLIC_URL: z.url({ protocol: /^https?$/ }) });

class UsageError extends Error {}

async function run(argv: string[]): Promise<void> {
  const { values, positionals } = parseArgs({ args: argv, allowPositionals: true, options: { help: { type: 'boolean', short: 'h' }, json: { type: 'boolean' }, org: { type: 'string' }, email: { type: 'string' }, role: { type: 'string' } } });
  const action = positionals[0];
  if (values.help === true || action === undefined) {
    process.stdout.write(help);
    return;
  }
  const config = parseEnv(env, process.env);
  const email = emailAddressSchema.safeParse(values.email);
  if (!email.success) throw new UsageError('Give --email ADDRESS.');
  await migrateDatabase({ url: config.DATABASE_URL, schema: 'gateway', folder: join(import.meta.dirname, '../../migrations') });
  const { sql, close } = openDatabase(config.DATABASE_URL, { max: 1, applicationName: 'person command' });
  const ids = systemIds();
  const people = new PersonRepository();
  const audit = createAuditLog({ sql, clock: systemClock, ids });
  const byOperator = (orgId: AuditEvent['orgId'], action: string, target: string): AuditEvent => ({ orgId, actor: 'operator', actorName: null, action, target, address: null, requestId: `cmd_${ids.secret(12)}` });
  const show = (link: string, expiresAt: Date): void => {
    process.stdout.write(values.json === true ? `${JSON.stringify({ link, expiresAt: expiresAt.toISOString() })}\n` : `${link}\nvalid once, until ${expiresAt.toISOString()}\n`);
  };
  try {
    if (action === 'invite') {
      const { org: orgId } = values;
      if (!isId('org', orgId)) throw new UsageError('Give --org ID.');
      const role = roleSchema.safeParse(values.role ?? 'owner');
      if (!role.success) throw new UsageError(`--role takes ${roles.join(', ')}.`);
      const invite = makeInvite({ sql, invitations: new InvitationRepository(), people, organisations: new OrganisationRepository(), clock: systemClock, ids, publicUrl: config.PUBLIC_URL });
      const { acceptUrl, invitation } = await invite({ orgId, email: email.data, role: role.data, invitedBy: 'operator', check: (tx, id) => audit.record(tx, byOperator(orgId, 'member.invited', id)) });
      show(acceptUrl, invitation.expiresAt);
    } else if (action === 'reset-link') {
      const token = newLinkToken(ids);
      const expiresAt = new Date(Date.now() + resetMs);
      await inTransaction(sql, async (tx) => {
        const person = await people.findByEmail(tx, email.data);
        if (person === null) throw new UsageError('Nobody has that address.');
        await new PasswordResetRepository().insert(tx, person.id, hashToken(token), expiresAt);
        await audit.record(tx, byOperator(person.orgId, 'person.reset_link_made', person.id));
      });
      show(resetLink(config.PUBLIC_URL, token), expiresAt);
    } else throw new UsageError(`There is no action “${action}”.`);
  } finally {
    await close();
  }
}

run(process.argv.slice(2)).catch((error: unknown) => {
  if (error instanceof UsageError || error instanceof ConfigError) process.stderr.write(`${error.message}\nSee --help.\n`);
  else process.stderr.write(`${error instanceof AppError ? error.publicMessage : error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
