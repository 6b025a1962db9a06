import type { BusinessHours } from '@migrator/contracts/api/throttling';
import { createGovernor, type Http } from '@migrator/graph-client';
import type { InternalClient } from '@migrator/service-kit/internal-client';
import { createTenantPorts } from './tenant-ports.js';

test('business hours that a tenant is given while its units are at work hold for their ports within a minute', async () => {
  let now = 0;
  let businessHours: BusinessHours | null = null;
  const credential = () => ({ microsoftTenantId: 'tenant', clientId: 'app', credential: { kind: 'secret', clientSecret: 'none' }, businessHours });
  const tenants = { call: () => Promise.resolve(credential()) } as unknown as InternalClient;
  const governor = createGovernor({ wallClock: () => Date.parse('2026-01-12T10:00:00Z') });
  const ports = createTenantPorts({ tenants, http: {} as Http, governor, timeoutMs: 1_000, now: () => now });
  const flow = { organisation: 'org', job: 'job', workload: 'EMAIL' };
  await ports.get('ten_1', 'source', flow);
  // Whoever works in that tenant, for whatever organisation.
  const other = governor.governed({ app: 'app', tenantId: 'tenant', flow: { ...flow, organisation: 'other' } });
  const goes = async (mailbox: string): Promise<boolean> => {
    const abort = new AbortController();
    const asked = other.acquire({ kind: 'outlook', mailbox }, { requests: 1, bytes: 0, write: false }, abort.signal).then(({ release }) => (release(), true), () => false);
    await new Promise(setImmediate);
    abort.abort();
    return asked;
  };
  try {
    expect(await goes('before')).toBe(true);
    businessHours = { timeZone: 'UTC', days: ['MON'], from: '08:00', to: '18:00', share: 0 };
    await ports.get('ten_1', 'source', flow);
    expect(await goes('still')).toBe(true);
    now = 60_000;
    await ports.get('ten_1', 'source', flow);
    expect(await goes('within the hours')).toBe(false);
    businessHours = null;
    now = 120_000;
    await ports.get('ten_1', 'source', flow);
    expect(await goes('after')).toBe(true);
  } finally {
    await governor.close();
  }
});
