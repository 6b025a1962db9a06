/** A unit's people and groups, asked of job-service once each. */
import { AppError } from '@migrator/contracts/errors';
import { identitiesMax } from '@migrator/contracts/internal';
import { UnitError, type Identity, type People } from '../workloads/workload.js';
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
        for (const identity of await orLater(jobs.identities(unitId, open.slice(from, from + identitiesMax)))) {
          known.set(identity.name, identity);
          found.set(identity.name, identity);
        }
      }
      return found;
    },
  };
}

/** A job-service that is away is a matter of the unit: it is tried again later. */
async function orLater<T>(asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof AppError && error.code === 'SERVICE_UNAVAILABLE') throw new UnitError('INTERNAL', null, true, { code: null, requestId: null }, { cause: error });
    throw error;
  }
}
