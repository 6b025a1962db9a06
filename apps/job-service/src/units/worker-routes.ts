/** Internal routes for workers: announce, claim, renew, finish, and who people are at the destination. */
import { parse } from '@migrator/contracts/errors';
import { announceWorkerBody, claimUnitBody, finishUnitBody, identitiesBody, renewUnitBody } from '@migrator/contracts/internal';
import { ok, type RouteSpec } from '@migrator/service-kit/http';
import type { makeReadIdentities } from '../identities/read-identities.js';
import type { makeAnnounceWorker } from './announce-worker.js';
import type { makeClaimUnit } from './claim-unit.js';
import type { makeFinishUnit } from './finish-unit.js';
import type { makeRenewUnit } from './renew-unit.js';

export interface WorkerRoutesDeps {
  announceWorker: ReturnType<typeof makeAnnounceWorker>;
  claimUnit: ReturnType<typeof makeClaimUnit>;
  renewUnit: ReturnType<typeof makeRenewUnit>;
  finishUnit: ReturnType<typeof makeFinishUnit>;
  readIdentities: ReturnType<typeof makeReadIdentities>;
}

export function workerRoutes({ announceWorker, claimUnit, renewUnit, finishUnit, readIdentities }: WorkerRoutesDeps): RouteSpec[] {
  const unitId = (params: Record<string, string>): string => params['id'] ?? '';
  return [
    { method: 'POST', path: '/internal/workers/announce', access: 'service', handle: async ({ body }) => ok(await announceWorker(parse(announceWorkerBody, body))) },
    { method: 'POST', path: '/internal/units/:id/claim', access: 'service', handle: async ({ params, body }) => ok(await claimUnit({ unitId: unitId(params), ...parse(claimUnitBody, body) })) },
    { method: 'POST', path: '/internal/units/:id/renew', access: 'service', handle: async ({ params, body }) => ok(await renewUnit({ unitId: unitId(params), ...parse(renewUnitBody, body) })) },
    { method: 'POST', path: '/internal/units/:id/finish', access: 'service', handle: async ({ params, body }) => ok(await finishUnit({ unitId: unitId(params), ...parse(finishUnitBody, body) })) },
    { method: 'POST', path: '/internal/units/:id/identities', access: 'service', handle: async ({ params, body }) => ok(await readIdentities({ unitId: unitId(params), ...parse(identitiesBody, body) })) },
  ];
}
