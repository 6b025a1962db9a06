/** The demonstration itself: both tenants are connected, then one workload after the other is moved. */
import type { Tenant } from '@migrator/contracts/api/tenants';
import type { StackStatus } from '@migrator/stack';
import { createApiClient } from './api-client.js';
import { createControlClient, type ControlClient } from './control-client.js';
import { demonstrate, type Demonstrated } from './demonstrate.js';
import { giveConsent, waitForDiscovery } from './give-consent.js';
import type { Screen } from './screen.js';
import type { Shown } from './shown.js';
import { makeSummary, type Summary } from './summary.js';
import { watchWorkerMemory } from './worker-memory.js';

export interface DemoResult {
  summary: Summary;
  workloads: readonly (Demonstrated & { shown: Shown })[];
}

const ends = { source: 'contoso.com', destination: 'fabrikam.com' };
/** Content that the simulator keeps, so that it can show it again when it is verified. */
const keepBytesMax = 16 * 1024 * 1024;

export async function runDemo(stack: StackStatus, dataDir: string, screen: Screen, shown: readonly Shown[]): Promise<DemoResult> {
  const api = createApiClient(stack.gatewayUrl, stack.apiKey);
  const control = createControlClient(stack.simulatorControlUrl);

  screen.step('Consent: an administrator of each tenant accepts the application');
  await giveConsent(api, ends.source, 'source');
  await giveConsent(api, ends.destination, 'destination');

  screen.step('Discovery: who is there');
  const found = await waitForDiscovery(api);
  for (const tenant of found) screen.note(`${tenant.role.padEnd(12)} ${tenant.domain}: ${tenant.mailboxCount ?? 0} mailboxes, ${((tenant.totalSizeBytes ?? 0) / 1e6).toFixed(0)} MB`);
  const tenants = { sourceTenantId: byRole(found, 'source').id, destTenantId: byRole(found, 'destination').id };

  await control.call('POST', '/exchange/imports', { keepBytesMax });
  await control.call('POST', '/files/uploads', { keepBytesMax });
  const memory = watchWorkerMemory(stack.services);
  const workloads: (Demonstrated & { shown: Shown })[] = [];
  for (const each of shown) workloads.push({ shown: each, ...(await demonstrate({ api, control, screen, dataDir, ends, tenants }, each)) });
  memory.stop();
  return { summary: makeSummary(workloads.map(({ shown: { type }, summary }) => ({ type, summary })), { ...(await graphCounters(control)), memory: memory.highest }), workloads };
}

function byRole(tenants: readonly Tenant[], role: Tenant['role']): Tenant {
  const found = tenants.find((tenant) => tenant.role === role);
  if (found === undefined) throw new Error(`No ${role} tenant is connected.`);
  return found;
}

async function graphCounters(control: ControlClient): Promise<{ requests: number; throttled: number }> {
  const counters = await control.call<{ requests?: number; throttled?: number; byStatus?: Record<string, number> }>('GET', '/counters');
  const byStatus = counters.byStatus ?? {};
  return { requests: counters.requests ?? Object.values(byStatus).reduce((sum, each) => sum + each, 0), throttled: counters.throttled ?? byStatus['429'] ?? 0 };
}
