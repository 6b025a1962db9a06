/** A unit's people and groups, asked of job-service once each. */
import { identitiesMax } from '@migrator/contracts/internal';
import type { Identity, People } from '../workloads/workload.js';
import type { JobService } from './job-service.js';

/** Remembered; all of them are forgotten when there are more. */
const knownMax = 50_000;

export function peopleOf(jobs: Pick<JobService, 'identities'>, unitId: string): People {
  const known = new Map<string, Identity>();
  return {
    async find(names) {
      const found = new Map<string, Identity>();
      const open: string[] = [];
      for (const name of new Set(names)) {
        const identity = known.get(name);
        if (identity === undefined) open.push(name);
        else found.set(name, identity);
      }
      if (known.size + open.length > knownMax) known.clear();
      for (let from = 0; from < open.length; from += identitiesMax) {
        for (const identity of await jobs.identities(unitId, open.slice(from, from + identitiesMax))) {
          known.set(identity.name, identity);
          found.set(identity.name, identity);
        }
      }
      return found;
    },
  };
}
