/** An organisation's people, from the first sign-up on: what they may, what they may not, and what the audit log says of it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorBodySchema } from '@migrator/contracts/errors';
import { peopleEndpoints } from '@migrator/contracts/endpoints/people';
import { tenantEndpoints } from '@migrator/contracts/endpoints/tenants';
import { jobEndpoints } from '@migrator/contracts/endpoints/jobs';
import { buildAnswer, type AnswerOf, type Endpoint } from '@migrator/contracts/endpoint';
import { eventually } from '@migrator/testing/eventually';
import { startPlatform, type Platform } from './platform.js';

jest.setTimeout(120_000);
let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform({ preset: 'small', workers: 1 });
});
afterAll(() => platform.stop());

const password = 'correct horse battery staple';
const nextPassword = 'a quite different pass phrase';

interface Asked {
  /** A session, as its browser sends it. */
  cookie?: string;
  authorization?: string;
  /** The page that asks; default: the platform's own, when there is a session. Null: it does not say. */
  origin?: string | null;
  body?: unknown;
  params?: Record<string, string>;
}
interface Given<A> {
  status: number;
  /** The contract's answer; null when it was refused. */
  answer: A;
  /** The code of a refusal. */
  code: string | null;
  /** Everything a refusal says, without the id of the request. */
  refusal: unknown;
  cookie: string;
  setCookie: string;
  requestId: string;
}

/** Calls as the contract has it, and holds what comes back against it. */
async function ask<E extends Endpoint>(endpoint: E, { cookie, authorization, origin = cookie === undefined ? null : new URL(platform.stack.gatewayUrl).origin, body, params = {} }: Asked = {}): Promise<Given<AnswerOf<E>>> {
  const path = endpoint.path.replaceAll(/:(\w+)/g, (_, name: string) => params[name] ?? '');
  const response = await platform.fetch(new URL(path, platform.stack.gatewayUrl), {
    method: endpoint.method,
    headers: { ...(cookie === undefined ? {} : { cookie }), ...(authorization === undefined ? {} : { authorization }), ...(origin === null ? {} : { origin }), ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const json = (await response.json()) as Record<string, unknown>;
  const setCookie = response.headers.getSetCookie()[0] ?? '';
  const given = { status: response.status, cookie: setCookie.split(';')[0] ?? '', setCookie, requestId: response.headers.get('x-request-id') ?? '' };
  if (response.ok) {
    expect(response.status).toBe(endpoint.status);
    // Built by the contract it stays what it is: no field too few, none too many.
    const answer = buildAnswer(endpoint, json as never);
    expect(answer).toEqual(json);
    return { ...given, answer: answer as AnswerOf<E>, code: null, refusal: null };
  }
  const error = errorBodySchema.parse(json);
  const { requestId: _, ...refusal } = json;
  return { ...given, answer: null as never, code: error.code, refusal };
}

/** The newest link that the gateway wrote into its log, which it does on a local stack. */
async function linkInLog(kind: 'invitation' | 'password reset', after: number): Promise<{ token: string; at: number }> {
  const file = join(platform.dataDir, 'logs/api-gateway.log');
  return eventually(`the ${kind} link`, () => {
    const lines = readFileSync(file, 'utf8').split('\n');
    const at = lines.findLastIndex((line, index) => index >= after && line.includes(`"${kind} link"`));
    return at === -1 ? null : { token: (JSON.parse(lines[at] ?? '') as { link: string }).link.split('#')[1] ?? '', at: at + 1 };
  });
}

test('a person signs up, invites another, loses a password and makes a key; every right holds and every change is in the audit log', async () => {
  const { signUp, signIn, signOut, getSession, forgotPassword, resetPassword, readInvitation, acceptInvitation, listMembers, changeMember, removeMember, createInvitation, changeOrganisation, createApiKey, listApiKeys, revokeApiKey, listAudit } = peopleEndpoints;
  const person = { organisationName: 'Northwind IT', name: 'Ada', email: 'ada@northwind.test', password };

  // Sign-up opens a session, and the session is good for the same calls as a key.
  const owner = await ask(signUp, { body: person });
  expect(owner).toMatchObject({ status: 201, answer: { user: { email: person.email, role: 'owner' }, organisation: { name: 'Northwind IT' } } });
  expect(owner.setCookie).toMatch(/^migrator_session=[^;]+; Max-Age=\d+; Path=\/; HttpOnly; SameSite=Lax$/);
  const ownerId = owner.answer.user.id;
  expect((await ask(tenantEndpoints.listTenants, { cookie: owner.cookie })).answer).toEqual({ tenants: [] });
  expect(await ask(signUp, { body: person })).toMatchObject({ status: 409, code: 'CONFLICT' });

  // A change needs to say that it comes from the platform's own page.
  const rename = (asked: Asked) => ask(changeOrganisation, { body: { name: 'Northwind' }, ...asked });
  for (const origin of [null, 'https://evil.example', 'null']) expect(await rename({ cookie: owner.cookie, origin })).toMatchObject({ status: 403, code: 'FORBIDDEN' });
  expect((await rename({ cookie: owner.cookie })).answer.organisation.name).toBe('Northwind');
  expect(await ask(signIn, { body: { email: person.email, password }, origin: 'https://evil.example' })).toMatchObject({ status: 403, code: 'FORBIDDEN', cookie: '' });

  // The link of an invitation, from the log; it works once, and a viewer reads.
  const invited = await ask(createInvitation, { cookie: owner.cookie, body: { email: 'linus@northwind.test', role: 'viewer' } });
  const link = await linkInLog('invitation', 0);
  expect(invited.answer.acceptUrl.split('#')[1]).toBe(link.token);
  expect((await ask(readInvitation, { body: { token: link.token } })).answer).toMatchObject({ organisationName: 'Northwind', email: 'linus@northwind.test', role: 'viewer' });
  const acceptance = { token: link.token, name: 'Linus', password };
  const viewer = await ask(acceptInvitation, { body: acceptance });
  expect(viewer).toMatchObject({ status: 201, answer: { user: { role: 'viewer' }, organisation: { id: owner.answer.organisation.id } } });
  const viewerId = viewer.answer.user.id;
  expect(await ask(acceptInvitation, { body: acceptance })).toMatchObject({ status: 404, code: 'NOT_FOUND' });
  const { cookie } = viewer;
  expect((await ask(listMembers, { cookie })).answer.members.map(({ email, role }) => `${email} ${role}`)).toEqual(['linus@northwind.test viewer', 'ada@northwind.test owner']);
  const job = { sourceTenantId: 'ten_01ARZ3NDEKTSV4RRFFQ69G5FAV', destTenantId: 'ten_01ARZ3NDEKTSV4RRFFQ69G5FAW', type: 'EMAIL' };
  for (const refused of [ask(jobEndpoints.createJob, { cookie, body: job }), rename({ cookie }), ask(createApiKey, { cookie, body: { name: 'x', scopes: ['read'] } }), ask(changeMember, { cookie, params: { id: viewerId }, body: { role: 'owner' } }), ask(listAudit, { cookie })])
    expect(await refused).toMatchObject({ status: 403, code: 'FORBIDDEN' });

  // A role that is changed holds for the session there is; the last owner stays.
  expect((await ask(changeMember, { cookie: owner.cookie, params: { id: viewerId }, body: { role: 'operator' } })).answer.member.role).toBe('operator');
  expect((await ask(getSession, { cookie })).answer.user.role).toBe('operator');
  expect(await ask(jobEndpoints.createJob, { cookie, body: job })).toMatchObject({ status: 404, code: 'TENANT_NOT_FOUND' });
  expect(await ask(changeMember, { cookie: owner.cookie, params: { id: ownerId }, body: { role: 'admin' } })).toMatchObject({ status: 409, code: 'CONFLICT' });
  expect(await ask(removeMember, { cookie: owner.cookie, params: { id: ownerId } })).toMatchObject({ status: 409, code: 'CONFLICT' });

  // A lost password: nobody learns who has an account, the link works once, and every session ends.
  const [known, unknown] = [await ask(forgotPassword, { body: { email: person.email } }), await ask(forgotPassword, { body: { email: 'nobody@northwind.test' } })];
  expect({ ...known, requestId: '' }).toEqual({ ...unknown, requestId: '' });
  const { token, at } = await linkInLog('password reset', link.at);
  expect((await ask(resetPassword, { body: { token, password: nextPassword } })).answer).toEqual({ changed: true });
  expect(readFileSync(join(platform.dataDir, 'logs/api-gateway.log'), 'utf8').split('\n').slice(at).join('\n')).not.toContain('password reset link');
  expect(await ask(resetPassword, { body: { token, password } })).toMatchObject({ status: 422, code: 'VALIDATION_ERROR' });
  expect(await ask(tenantEndpoints.listTenants, { cookie: owner.cookie })).toMatchObject({ status: 401, code: 'UNAUTHORIZED' });
  const wrong = [await ask(signIn, { body: { email: person.email, password } }), await ask(signIn, { body: { email: 'nobody@northwind.test', password } })];
  expect(wrong.map(({ status, refusal, setCookie }) => ({ status, refusal, setCookie }))).toEqual(wrong.map(() => ({ status: 401, refusal: wrong[0]?.refusal, setCookie: '' })));
  const again = await ask(signIn, { body: { email: person.email, password: nextPassword } });
  expect(again.answer.user.id).toBe(ownerId);

  // A key that a person makes is shown once, used, and refused as soon as it is revoked.
  const made = await ask(createApiKey, { cookie: again.cookie, body: { name: 'deployment', scopes: ['read'] } });
  const authorization = `Bearer ${made.answer.key}`;
  expect((await ask(tenantEndpoints.listTenants, { authorization })).status).toBe(200);
  expect(await rename({ authorization })).toMatchObject({ status: 403, code: 'FORBIDDEN' });
  const listed = await eventually('the last use', async () => {
    const { answer } = await ask(listApiKeys, { cookie: again.cookie });
    return answer.apiKeys[0]?.lastUsedAt == null ? null : answer;
  });
  expect(JSON.stringify(listed)).not.toContain(made.answer.key);
  expect(listed.apiKeys).toEqual([{ ...made.answer.apiKey, lastUsedAt: listed.apiKeys[0]?.lastUsedAt }]);
  expect((await ask(revokeApiKey, { cookie: again.cookie, params: { id: made.answer.apiKey.id } })).answer.apiKey.revokedAt).not.toBeNull();
  expect(await ask(tenantEndpoints.listTenants, { authorization })).toMatchObject({ status: 401, code: 'UNAUTHORIZED' });

  // Another organisation's people cannot be told from those that do not exist.
  const stranger = await ask(signUp, { body: { ...person, organisationName: 'Elsewhere', email: 'eve@elsewhere.test' } });
  const foreign = [await ask(removeMember, { cookie: stranger.cookie, params: { id: viewerId } }), await ask(removeMember, { cookie: stranger.cookie, params: { id: 'usr_01ARZ3NDEKTSV4RRFFQ69G5FAV' } })];
  expect(foreign.map(({ status, refusal }) => ({ status, refusal }))).toEqual(foreign.map(() => ({ status: 404, refusal: foreign[0]?.refusal })));

  // Who is removed is out at once.
  expect((await ask(removeMember, { cookie: again.cookie, params: { id: viewerId } })).answer).toEqual({ deleted: true });
  expect(await ask(getSession, { cookie })).toMatchObject({ status: 401, code: 'UNAUTHORIZED' });

  const { entries } = (await ask(listAudit, { cookie: again.cookie })).answer;
  const [byOwner, byViewer] = [`user:${ownerId}`, `user:${viewerId}`];
  expect(entries.map(({ actor, action, target }) => [actor, action, target]).reverse()).toEqual([
    [byOwner, 'organisation.created', owner.answer.organisation.id],
    [byOwner, 'organisation.changed', owner.answer.organisation.id],
    [byOwner, 'member.invited', invited.answer.invitation.id],
    [byViewer, 'member.joined', viewerId],
    [byOwner, 'member.role_changed', viewerId],
    [byOwner, 'person.password_reset', ownerId],
    [byOwner, 'person.signed_in', ownerId],
    [byOwner, 'api_key.created', made.answer.apiKey.id],
    [byOwner, 'api_key.revoked', made.answer.apiKey.id],
    [byOwner, 'member.removed', viewerId],
  ]);
  for (const { at: when, address, outcome, actorName, actor } of entries) {
    expect({ address, outcome, actorName }).toEqual({ address: '127.0.0.1', outcome: 'done', actorName: actor === byOwner ? 'ada@northwind.test' : 'linus@northwind.test' });
    expect(Math.abs(Date.now() - Date.parse(when))).toBeLessThan(120_000);
  }
  expect(entries.find(({ action }) => action === 'member.invited')?.requestId).toBe(invited.requestId);
  const everything = JSON.stringify(entries);
  for (const secret of [password, nextPassword, token, link.token, made.answer.key, owner.cookie.slice(17), again.cookie.slice(17)]) expect(everything).not.toContain(secret);

  // And out by choice.
  const out = await ask(signOut, { cookie: again.cookie });
  expect(out.setCookie).toMatch(/Max-Age=0/);
  expect((await ask(getSession, { cookie: again.cookie })).status).toBe(401);
});
