/** Connects a tenant as an administrator would: opens the consent page, presses Accept, and is sent back to the gateway. */
import { connectTenantAnswer, listTenantsAnswer, listUsersAnswer, type Tenant, type TenantRole } from '@migrator/contracts/api/tenants';
import type { ApiClient } from './api-client.js';

export async function giveConsent(api: ApiClient, domain: string, role: TenantRole): Promise<void> {
  const { authUrl } = await api.call('POST', '/v1/tenants/connect', connectTenantAnswer, { domain, role });
  const page = await (await fetch(authUrl)).text();
  const fields = new URLSearchParams();
  for (const [, name = '', value = ''] of page.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)) fields.set(name, value.replaceAll('&amp;', '&'));
  const tenant = new RegExp(`<option value="([^"]+)">[^<]*\\(${domain.replaceAll('.', '\\.')}\\)`).exec(page)?.[1];
  if (tenant !== undefined) fields.set('tenant', tenant);
  fields.set('decision', 'accept');
  const address = new URL(authUrl);
  const accepted = await fetch(`${address.origin}${address.pathname}`, { method: 'POST', body: fields, redirect: 'manual' });
  const back = accepted.headers.get('location');
  if (back === null) throw new Error(`The consent page answered ${accepted.status} without a redirect.`);
  const answer = await fetch(back, { headers: { accept: 'application/json' } });
  if (!answer.ok) throw new Error(`The consent for ${domain} was not accepted: ${await answer.text()}`);
}

/** Waits until both tenants' discovery has ended. */
export async function waitForDiscovery(api: ApiClient, timeoutMs = 60_000): Promise<Tenant[]> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const { tenants } = await api.call('GET', '/v1/tenants', listTenantsAnswer);
    const states = await Promise.all(tenants.map(async ({ id }) => (await api.call('GET', `/v1/tenants/${id}/users?limit=1`, listUsersAnswer)).latestJob?.status));
    if (states.some((state) => state === 'ERROR')) throw new Error('A discovery ended with an error; see “npm run stack -- logs tenant-service”.');
    if (states.length > 0 && states.every((state) => state === 'DONE')) return tenants;
    if (Date.now() > deadline) throw new Error('The discovery did not end in time.');
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
