// What scripts/check-docker.mjs does with the composed platform, as its users would: over the published port of the gateway.
import { randomBytes } from 'node:crypto';
import { URLSearchParams } from 'node:url';

/** Throws unless the answer has this status; resolves with its JSON and its cookies. Keeps no connection, as containers are replaced. */
async function call(url, status, { method = 'GET', body, headers = {} } = {}) {
  const response = await fetch(url, { method, redirect: 'manual', headers: { connection: 'close', ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers }, ...(body === undefined ? {} : { body: JSON.stringify(body) }), signal: AbortSignal.timeout(30_000) });
  const text = await response.text();
  if (response.status !== status) throw new Error(`${method} ${url} answered ${response.status} where ${status} was due: ${text.slice(0, 500)}`);
  return { json: text.startsWith('{') ? JSON.parse(text) : null, cookies: response.headers.getSetCookie() };
}

/** Resolves with what `look` finds that is not null; throws after `seconds`. */
async function waitFor(what, seconds, look) {
  const deadline = Date.now() + seconds * 1_000;
  for (;;) {
    const found = await look();
    if (found !== null) return found;
    if (Date.now() > deadline) throw new Error(`${what} did not come within ${seconds} s.`);
    await new Promise((done) => setTimeout(done, 500));
  }
}

export const bearer = (key) => ({ authorization: `Bearer ${key}` });

/** The session of an answer's cookies, as headers. */
const sessionOf = (cookies) => ({ cookie: cookies.map((cookie) => cookie.split(';')[0]).join('; ') });

/** Signs the first owner up and makes an API key with the session. Nobody gets in without either, and nobody signs up a second time. */
export async function firstOwner(gateway) {
  const person = { organisationName: 'Check', name: 'First Owner', email: 'owner@check.example', password: randomBytes(18).toString('base64url') };
  const { cookies } = await call(`${gateway}/v1/auth/sign-up`, 201, { method: 'POST', body: person });
  if (!cookies.some((cookie) => /httponly/i.test(cookie))) throw new Error('Signing up set no cookie that is kept from scripts.');
  const session = sessionOf(cookies);
  const { json } = await call(`${gateway}/v1/api-keys`, 201, { method: 'POST', body: { name: 'Check', scopes: ['read', 'write', 'admin'] }, headers: session });
  await call(`${gateway}/v1/auth/sign-up`, 403, { method: 'POST', body: { ...person, email: 'second@check.example' } });
  await call(`${gateway}/v1/tenants`, 401);
  return { person, session, key: bearer(json.key) };
}

/** Follows a link that the operator made. */
export async function acceptInvitation(gateway, link) {
  const token = new URL(link).hash.slice(1);
  const { json, cookies } = await call(`${gateway}/v1/auth/invitations/accept`, 201, { method: 'POST', body: { token, name: 'Invited', password: randomBytes(18).toString('base64url') } });
  if (json.user.role !== 'owner') throw new Error(`Whom the operator invited became ${json.user.role}.`);
  await call(`${gateway}/v1/auth/session`, 200, { headers: sessionOf(cookies) });
}

/** Nothing without TLS, everything behind a proxy that ended it, and cookies that a browser keeps to TLS. */
export async function onlyByTls(gateway, { person, key }) {
  const byTls = { 'x-forwarded-proto': 'https', 'x-forwarded-for': '203.0.113.7' };
  const { json } = await call(`${gateway}/v1/tenants`, 403, { headers: key });
  if (json.code !== 'TLS_REQUIRED') throw new Error(`A request without TLS was refused, but not for that: ${JSON.stringify(json)}`);
  await call(`${gateway}/v1/tenants`, 200, { headers: { ...key, ...byTls } });
  const { cookies } = await call(`${gateway}/v1/auth/sign-in`, 200, { method: 'POST', body: { email: person.email, password: person.password }, headers: byTls });
  if (!cookies.every((cookie) => /; *secure/i.test(cookie))) throw new Error('A cookie may travel without TLS.');
  await call(`${gateway}/v1/auth/session`, 200, { headers: { ...sessionOf(cookies), ...byTls } });
}

/** Session and key are known, and every service behind the gateway answers out of its database. */
export async function everythingAnswers(gateway, { session, key }) {
  await call(`${gateway}/v1/auth/session`, 200, { headers: session });
  for (const path of ['tenants', 'jobs', 'devices']) await call(`${gateway}/v1/${path}`, 200, { headers: key });
}

/** Connects a tenant of the simulator by its consent page, as an administrator does. Resolves with its id when its people are known. */
export async function connectTenant(gateway, { key }, domain, role) {
  const { json } = await call(`${gateway}/v1/tenants/connect`, 200, { method: 'POST', body: { domain, role }, headers: key });
  const page = await (await fetch(json.authUrl)).text();
  const fields = new URLSearchParams([...page.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)].map(([, name, value]) => [name, value.replaceAll('&amp;', '&')]));
  const tenant = new RegExp(`<option value="([^"]+)">[^<]*\\(${domain.replaceAll('.', '\\.')}\\)`).exec(page)?.[1];
  if (tenant !== undefined) fields.set('tenant', tenant);
  fields.set('decision', 'accept');
  const { origin, pathname } = new URL(json.authUrl);
  const accepted = await fetch(`${origin}${pathname}`, { method: 'POST', body: fields, redirect: 'manual' });
  await call(accepted.headers.get('location') ?? 'the consent page sent nobody back', 200, { headers: { accept: 'application/json' } });
  return waitFor(`The discovery of ${domain}`, 120, async () => {
    const { json: list } = await call(`${gateway}/v1/tenants`, 200, { headers: key });
    const found = list.tenants.find((each) => each.domain === domain);
    if (found === undefined) return null;
    const { json: people } = await call(`${gateway}/v1/tenants/${found.id}/users?limit=1`, 200, { headers: key });
    if (people.latestJob?.status === 'ERROR') throw new Error(`The discovery of ${domain} failed.`);
    return people.latestJob?.status === 'DONE' ? found.id : null;
  });
}

/** A dry run of a few mailboxes from one tenant to the other; resolves with the job when it is complete. */
export async function dryRun(gateway, { key }, sourceTenantId, destTenantId) {
  const { json: people } = await call(`${gateway}/v1/tenants/${sourceTenantId}/users?limit=3`, 200, { headers: key });
  const mailboxes = people.users.slice(0, 3).map((each) => each.upn);
  const { json } = await call(`${gateway}/v1/jobs`, 201, { method: 'POST', headers: key, body: { sourceTenantId, destTenantId, type: 'EMAIL', dryRun: true, name: 'Check', options: { mailboxes } } });
  return waitFor('The end of the dry run', 180, async () => {
    const { json: answer } = await call(`${gateway}/v1/jobs/${json.job.id}`, 200, { headers: key });
    if (answer.job.status === 'ERROR') throw new Error(`The dry run stopped: ${JSON.stringify(answer.job.failure)}`);
    return answer.job.status === 'DONE' ? answer.job : null;
  });
}
