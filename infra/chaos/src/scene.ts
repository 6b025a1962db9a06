/** The two simulated organisations of a run, connected to the platform. */
import { listTenantsAnswer, listUsersAnswer } from '@migrator/contracts/api/tenants';
import type { ApiClient } from '@migrator/demo/api-client';
import type { ControlClient } from '@migrator/demo/control-client';
import { giveConsent } from '@migrator/demo/give-consent';
import { eventually } from '@migrator/testing/eventually';
import { carried } from './carried.js';
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
  const aliases = [...new Set([...plan.mailboxes, ...plan.drives.drives].map(({ alias }) => alias))];
  const users = (side: 'source' | 'destination'): unknown[] => aliases.map((alias) => ({ alias, displayName: alias, kind: alias === 'info' ? 'shared' : 'user', content: 'empty', ...Object.assign({}, ...plan.carries.map((type) => carried[type].user(plan, alias, side))) }));
  await control.call('POST', '/tenants', { domain: source, displayName: 'Source', seed: `${plan.seed} source`, users: users('source') });
  await control.call('POST', '/tenants', { domain: destination, displayName: 'Destination', seed: `${plan.seed} destination`, users: users('destination') });
  for (const type of plan.carries) await carried[type].prepare(control, { source, destination }, plan);
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
