/** The worker's calls to job-service: claim, renew, finish. */
import type { UnitPayload } from '@migrator/contracts/queues';
import { announceWorkerAnswer, claimUnitAnswer, finishUnitAnswer, identitiesAnswer, renewUnitAnswer, type IdentitiesAnswer, type ClaimUnitAnswer, type FinishUnitBody } from '@migrator/contracts/internal';
import { serviceIdentity } from '@migrator/service-kit/identity';
import type { InternalClient } from '@migrator/service-kit/internal-client';
import { randomUUID } from 'node:crypto';

export type DesiredState = 'run' | 'pause' | 'cancel' | 'lost';

export interface JobService {
  /** This worker is there and works so many units at once; 0: it is leaving. */
  announce(workerId: string, units: number): Promise<void>;
  claim(unit: UnitPayload, workerId: string, leaseSeconds: number): Promise<ClaimUnitAnswer>;
  renew(unitId: string, claim: number, leaseSeconds: number): Promise<DesiredState>;
  /** Who people and groups of the source are at the destination; `identitiesMax` names at most. */
  identities(unitId: string, names: readonly string[]): Promise<IdentitiesAnswer['identities']>;
  /** Safe to repeat for one claim. Throws CONFLICT when the claim is not ours any more. */
  finish(unitId: string, body: FinishUnitBody): Promise<void>;
}

export function createJobService(client: InternalClient): JobService {
  const identity = () => serviceIdentity('migration-worker', `req_${randomUUID()}`);
  return {
    announce: async (workerId, units) => {
      await client.call({ method: 'POST', path: '/internal/workers/announce', identity: identity(), body: { workerId, units }, answer: announceWorkerAnswer, timeoutMs: 5_000 });
    },
    claim: ({ unitId }, workerId, leaseSeconds) => client.call({ method: 'POST', path: `/internal/units/${unitId}/claim`, identity: identity(), body: { workerId, leaseSeconds }, answer: claimUnitAnswer }),
    renew: async (unitId, claim, leaseSeconds) => (await client.call({ method: 'POST', path: `/internal/units/${unitId}/renew`, identity: identity(), body: { claim, leaseSeconds }, answer: renewUnitAnswer, timeoutMs: 5_000 })).desired,
    identities: async (unitId, names) => (await client.call({ method: 'POST', path: `/internal/units/${unitId}/identities`, identity: identity(), body: { names }, answer: identitiesAnswer })).identities,
    finish: async (unitId, body) => {
      await client.call({ method: 'POST', path: `/internal/units/${unitId}/finish`, identity: identity(), body, answer: finishUnitAnswer });
    },
  };
}
