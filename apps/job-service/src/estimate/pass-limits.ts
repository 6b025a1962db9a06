/** What Microsoft's limits let a pass do, as the estimate needs it: read as the workers' governor reads them, so that there is one truth. */
import type { WorkloadName } from '@migrator/contracts/api/tenants';
import { scopesOf, type LimitOverrides } from '@migrator/graph-client/limits';

export interface Window {
  readonly max: number;
  readonly windowMs: number;
}

export interface PassLimits {
  /** What one unit's destination takes: requests and bytes written. Null where Microsoft does not count by unit. */
  readonly unit: { readonly requests: Window; readonly uploadBytes: Window } | null;
  /** What the tenants give and take, all units together: resource units at each end, bytes at the destination. */
  readonly tenant: { readonly sourceUnits: readonly Window[]; readonly destUnits: readonly Window[]; readonly bytes: readonly Window[] };
}

/** Microsoft's ids of the tenants; null for one that is not known. */
export interface MicrosoftTenants {
  readonly sourceMicrosoftTenantId: string | null;
  readonly destMicrosoftTenantId: string | null;
}

export function passLimits(workload: WorkloadName, overrides: LimitOverrides, tenants: MicrosoftTenants): PassLimits {
  return workload === 'EMAIL' ? mailLimits(overrides, tenants) : fileLimits(overrides, tenants);
}

function mailLimits(overrides: LimitOverrides, { destMicrosoftTenantId }: MicrosoftTenants): PassLimits {
  const windows = scopesOf('', destMicrosoftTenantId ?? '', { kind: 'outlook', mailbox: '' }, overrides).flatMap((scope) => scope.windows);
  const windowOf = (name: string): Window => {
    const kept = windows.find((each) => each.name === name);
    if (kept === undefined) throw new Error(`The governor keeps no ${name}.`);
    return kept;
  };
  return { unit: { requests: windowOf('outlook.requests'), uploadBytes: windowOf('outlook.bytes') }, tenant: { sourceUnits: [], destUnits: [], bytes: [] } };
}

function fileLimits(overrides: LimitOverrides, { sourceMicrosoftTenantId, destMicrosoftTenantId }: MicrosoftTenants): PassLimits {
  const windows = (tenantId: string | null, measure: 'units' | 'bytes'): Window[] =>
    scopesOf('', tenantId ?? '', { kind: 'files' }, overrides).flatMap((scope) => scope.windows.filter((each) => each.measure === measure));
  return { unit: null, tenant: { sourceUnits: windows(sourceMicrosoftTenantId, 'units'), destUnits: windows(destMicrosoftTenantId, 'units'), bytes: windows(destMicrosoftTenantId, 'bytes') } };
}
