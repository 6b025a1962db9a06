import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { openDatabase } from '@migrator/service-kit/database';
import { freshDatabase, type TestDatabase } from '@migrator/testing/servers';
import { hashToken } from '../people/link-token.js';

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());

interface Run {
  code: number;
  out: string;
  err: string;
}

/** Runs a built command as an operator does. */
const run = (command: 'api-key' | 'person', ...args: string[]): Promise<Run> =>
  new Promise((resolve) => {
    const env = { PATH: process.env['PATH'], DATABASE_URL: database.url, API_KEY_PEPPER: pepper, PUBLIC_URL: 'https://migrator.test' };
    execFile(process.execPath, [join(process.cwd(), `apps/api-gateway/dist/cli/${command}.js`), ...args], { env }, (error, out, err) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, err });
    });
  });
const pepper = randomBytes(32).toString('base64');
const json = <T>({ out }: Run): T => JSON.parse(out) as T;

test('an operator makes an organisation with its key, invites its first owner and takes the key back; all of it stands in the audit log', async () => {
  const { orgId, keyId, apiKey } = json<{ orgId: string; keyId: string; apiKey: string }>(await run('api-key', 'create', '--org-name', 'Contoso IT', '--json'));
  expect(apiKey).toMatch(/^tmk_live_[0-9A-Za-z]{40}$/);
  expect(json<object[]>(await run('api-key', 'list', '--org', orgId, '--json'))).toMatchObject([{ id: keyId, createdBy: 'operator', revokedAt: null }]);
  const { link } = json<{ link: string }>(await run('person', 'invite', '--org', orgId, '--email', 'Ada@contoso.test', '--json'));
  expect(link).toMatch(/^https:\/\/migrator\.test\/invitations#[\w-]{43}$/);
  expect((await run('api-key', 'revoke', '--key', keyId)).out).toBe('revoked\n');
  expect(await run('api-key', 'revoke', '--key', keyId)).toMatchObject({ code: 1, err: expect.stringContaining('no key') as string });
  const { sql, close } = openDatabase(database.url, { applicationName: 'command test', max: 1 });
  try {
    expect(await sql`select actor, action from gateway.audit where org_id = ${orgId} order by id`).toEqual(['api_key.created', 'member.invited', 'api_key.revoked'].map((action) => ({ actor: 'operator', action })));
    expect(await sql`select email, role, invited_by from gateway.invitations where token_hash = ${hashToken(link.split('#')[1] ?? '')}`).toEqual([{ email: 'ada@contoso.test', role: 'owner', invited_by: 'operator' }]);
    // Nobody has accepted yet, so nobody has lost a password.
    expect(await run('person', 'reset-link', '--email', 'ada@contoso.test')).toMatchObject({ code: 1, err: expect.stringContaining('Nobody has that address') as string });
    await sql`insert into gateway.users (id, name, email, created_at, updated_at) values ('usr_01JA2B3C4D5E6F7G8H9JKMNPR6', 'Ada', 'ada@contoso.test', now(), now())`;
    await sql`insert into gateway.members (user_id, org_id, role, created_at) values ('usr_01JA2B3C4D5E6F7G8H9JKMNPR6', ${orgId}, 'owner', now())`;
    const reset = json<{ link: string; expiresAt: string }>(await run('person', 'reset-link', '--email', 'ada@contoso.test', '--json'));
    expect(reset.link).toMatch(/^https:\/\/migrator\.test\/reset-password#[\w-]{43}$/);
    expect(await sql`select user_id from gateway.password_resets where token_hash = ${hashToken(reset.link.split('#')[1] ?? '')}`).toHaveLength(1);
  } finally {
    await close();
  }
});

test('a wrong use says what is wrong and changes nothing', async () => {
  for (const args of [['invite'], ['invite', '--org', 'x', '--email', 'a@b.test'], ['invite', '--org', 'org_01JA2B3C4D5E6F7G8H9JKMNPR6', '--email', 'a@b.test', '--role', 'king'], ['nothing', '--email', 'a@b.test']])
    expect(await run('person', ...args)).toMatchObject({ code: 1, out: '', err: expect.stringContaining('See --help.') as string });
  expect(await run('person', 'invite', '--org', 'org_01JA2B3C4D5E6F7G8H9JKMNPR6', '--email', 'a@b.test')).toMatchObject({ code: 1, out: '' });
});
