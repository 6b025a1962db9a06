/** Name -> workload. Boot fails if a name in contracts is named here twice or not at all. */
import { builtWorkloads, workloadNames, type WorkloadName } from '@migrator/contracts/api/tenants';
import { onedriveWorkload } from './drive/index.js';
import { mailWorkload, type MailDeps } from './mail/index.js';
import { siteWorkload } from './site/index.js';
import type { Workload } from './workload.js';

/** Names of the contract that this release does not have; job-service refuses jobs of them. */
const notBuilt: readonly WorkloadName[] = workloadNames.filter((name) => !builtWorkloads.includes(name));

/** Every workload of this build by name. */
export function createWorkloads(deps: MailDeps): ReadonlyMap<WorkloadName, Workload> {
  return registry([mailWorkload(deps), onedriveWorkload(deps), siteWorkload(deps)], notBuilt);
}

/** Throws unless each name of the contract stands in exactly one of both lists, once. */
export function registry(built: readonly Workload[], missing: readonly WorkloadName[]): ReadonlyMap<WorkloadName, Workload> {
  for (const name of workloadNames) {
    const entries = built.filter((workload) => workload.name === name).length + missing.filter((one) => one === name).length;
    if (entries !== 1) throw new Error(`The workload ${name} has ${entries} entries in the registry; it needs one.`);
  }
  return new Map(built.map((workload) => [workload.name, workload]));
}
