/** Checks on the tenants themselves: permissions and the age of what was discovered. */
import type { PreflightCheck } from '@migrator/contracts/api/preflight';
import type { WorkloadName } from '@migrator/contracts/api/tenants';
import type { InternalTenant } from '@migrator/contracts/internal';
import { found, passed } from './check.js';
import { needsOf, type Need } from './required-roles.js';

const dayMs = 24 * 60 * 60 * 1000;
/** A discovery older than this may have missed people and sites. */
const freshDays = 7;

/** The granted application permissions of both tenants against what the workload needs. */
export function checkRoles(workload: WorkloadName, scope: Readonly<Record<string, boolean>>, source: InternalTenant, dest: InternalTenant): PreflightCheck[] {
  const needs = needsOf(workload, scope);
  const check = (id: 'roles-source' | 'roles-destination', tenant: InternalTenant, wanted: Need[]): PreflightCheck => {
    const granted = new Set(tenant.grantedRoles);
    const missing = wanted.filter(({ anyOf }) => !anyOf.some((role) => granted.has(role)));
    const title = `Permissions in ${tenant.domain}`;
    if (missing.length === 0) return passed(id, title, `All ${wanted.length} permissions that the job needs are granted.`);
    return found(id, 'fail', title, `${missing.length} of ${wanted.length} permissions that the job needs are not granted.`, 'Add the permissions to the app registration and let an administrator of the tenant consent again (connect the tenant once more).', missing.map(({ anyOf, purpose }) => ({ id: null, name: anyOf[0], detail: `needed to ${purpose}` })));
  };
  return [check('roles-source', source, needs.source), check('roles-destination', dest, needs.dest)];
}

/** Whether both tenants were discovered, and lately. */
export function checkDiscovery(tenants: readonly InternalTenant[], now: Date): PreflightCheck {
  const title = 'Discovery';
  const never = tenants.filter(({ discoveredAt }) => discoveredAt === null);
  if (never.length > 0) return found('discovery-fresh', 'fail', title, 'What is in the tenant is not known yet.', 'Wait until the discovery has finished, or start one.', never.map(({ id, domain }) => ({ id, name: domain, detail: 'never discovered' })));
  const old = tenants.filter(({ discoveredAt }) => now.getTime() - Date.parse(discoveredAt ?? '') > freshDays * dayMs);
  if (old.length > 0) return found('discovery-fresh', 'warn', title, `The last discovery is older than ${freshDays} days; new people and sites may be missing.`, 'Start a new discovery of the tenant.', old.map(({ id, domain, discoveredAt }) => ({ id, name: domain, detail: `discovered at ${discoveredAt ?? ''}` })));
  return passed('discovery-fresh', title, `Both tenants were discovered in the last ${freshDays} days.`);
}

/** By workload the parts of a discovery without which it is not seen whole (tenant-service's skipped-parts.ts). */
const partsOf: Readonly<Record<WorkloadName, readonly string[]>> = {
  EMAIL: [],
  ONEDRIVE: ['drives', 'unlicensed-drives', 'groups'],
  SHAREPOINT: ['sites', 'site-sizes', 'groups', 'sharepoint-quota'],
  TEAMS: ['teams', 'team-members'],
};

/** What Microsoft did not let the discovery look at: what is there is neither matched nor counted. */
export function checkWhole(workload: WorkloadName, tenants: readonly InternalTenant[]): PreflightCheck {
  const title = 'What discovery could not see';
  const parts = tenants.flatMap(({ id, domain, skippedParts }) => skippedParts.filter(({ part }) => partsOf[workload].includes(part)).map(({ reason }) => ({ id, name: domain, detail: reason })));
  if (parts.length === 0) return passed('discovery-whole', title, 'Everything that concerns the job was seen.');
  return found('discovery-whole', 'warn', title, 'Parts of the tenants were not seen: what is in them is neither matched nor migrated.', 'Grant the permissions that are named, then discover the tenant again.', parts);
}
