/** The two simulated organisations of a run, connected to the platform. */
import { listTenantsAnswer, listUsersAnswer } from '@migrator/contracts/api/tenants';
import type { ApiClient } from '@migrator/demo/api-client';
import type { ControlClient } from '@migrator/demo/control-client';
import { giveConsent } from '@migrator/demo/give-consent';
import { eventually } from '@migrator/testing/eventually';
import type { Plan } from './plan.js';

export interface Scene {
  source: string;
  destination: string;
  sourceTenantId: string;
  destTenantId: string;
}

/** `turn` makes the domains of repeated runs differ; the content follows from the plan alone. */
export async function setScene(api: ApiClient, control: ControlClient, plan: Plan, turn: number): Promise<Scene> {
  const source = `source-${turn}.example`;
  const destination = `destination-${turn}.example`;
  const users = (filled: boolean): unknown[] => plan.mailboxes.map(({ alias, content }) => ({ alias, displayName: alias, kind: alias === 'info' ? 'shared' : 'user', content: filled ? content : 'empty' }));
  await control.call('POST', '/tenants', { domain: source, displayName: 'Source', seed: `${plan.seed} source`, users: users(true) });
  await control.call('POST', '/tenants', { domain: destination, displayName: 'Destination', seed: `${plan.seed} destination`, users: users(false) });
  await control.call('POST', '/exchange/delta', { tenant: source, ...plan.manners });
  await control.call('POST', '/exchange/exports', { omitOverBytes: plan.omitOverBytes });
  await control.call('POST', '/limits', { latency: plan.latency });
  await giveConsent(api, source, 'source');
  await giveConsent(api, destination, 'destination');
  const idOf = (domain: string): Promise<string> =>
    eventually(
      `${domain} is discovered`,
      async () => {
      const tenant = (await api.call('GET', '/v1/tenants', listTenantsAnswer)).tenants.find((each) => each.domain === domain);
      if (tenant === undefined) return null;
      const { latestJob } = await api.call('GET', `/v1/tenants/${tenant.id}/users?limit=1`, listUsersAnswer);
      if (latestJob?.status === 'ERROR') throw new Error(`The discovery of ${domain} ended with an error.`);
      return latestJob?.status === 'DONE' ? tenant.id : null;
      },
      60_000,
    );
  return { source, destination, sourceTenantId: await idOf(source), destTenantId: await idOf(destination) };
}
