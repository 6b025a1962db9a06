/** The two tenants of a job, and what was discovered in them for its workload. */
import type { MappingSubject } from '@migrator/contracts/api/mappings';
import { AppError, type FieldError } from '@migrator/contracts/errors';
import type { InternalTenant } from '@migrator/contracts/internal';
import { invalid } from '../jobs/job-input.js';
import type { TenantDirectory } from '../tenants/tenant-directory.js';
import { Directory } from './directory.js';

/** Who asks, and for which pair. */
export interface PairWish {
  orgId: string;
  requestId: string;
  signal: AbortSignal;
  sourceTenantId: string;
  destTenantId: string;
  workload: MappingSubject;
}

export interface TenantPair {
  source: InternalTenant;
  dest: InternalTenant;
}

/** Both tenants; TENANT_NOT_FOUND, or VALIDATION_ERROR when they are one or stand the wrong way round. */
export async function findPair(tenants: TenantDirectory, { orgId, requestId, sourceTenantId, destTenantId }: PairWish): Promise<TenantPair> {
  if (sourceTenantId === destTenantId) throw invalid([{ path: 'destTenantId', message: 'source and destination tenant must not be the same' }]);
  const [source, dest] = await Promise.all([tenants.find(orgId, sourceTenantId, requestId), tenants.find(orgId, destTenantId, requestId)]);
  if (source === null) throw new AppError('TENANT_NOT_FOUND', { publicMessage: 'There is no such source tenant.' });
  if (dest === null) throw new AppError('TENANT_NOT_FOUND', { publicMessage: 'There is no such destination tenant.' });
  const problems: FieldError[] = [];
  if (source.role !== 'source') problems.push({ path: 'sourceTenantId', message: `${source.domain} is connected as a destination; the source is never written, so connect it with role source first` });
  if (dest.role !== 'destination') problems.push({ path: 'destTenantId', message: `${dest.domain} is connected as a source; connect it with role destination first` });
  if (problems.length > 0) throw invalid(problems);
  return { source, dest };
}

/** VALIDATION_ERROR for a tenant that was never discovered: nothing can be matched in it. */
export function assertDiscovered({ source, dest }: TenantPair): void {
  const problems: FieldError[] = [];
  if (source.discoveredAt === null) problems.push({ path: 'sourceTenantId', message: `${source.domain} has not been discovered yet; wait until discoveredAt is set` });
  if (dest.discoveredAt === null) problems.push({ path: 'destTenantId', message: `${dest.domain} has not been discovered yet; wait until discoveredAt is set` });
  if (problems.length > 0) throw invalid(problems);
}

/** What was discovered on both sides for the workload, or who can hold permissions in them. */
export async function loadDirectories(tenants: TenantDirectory, { source, dest }: TenantPair, { orgId, requestId, signal, workload }: PairWish): Promise<{ source: Directory; dest: Directory }> {
  const load = async (tenant: InternalTenant): Promise<Directory> => new Directory(await tenants.listCandidates({ orgId, tenantId: tenant.id, workload, requestId, signal }), tenant.domain);
  const [from, to] = await Promise.all([load(source), load(dest)]);
  return { source: from, dest: to };
}
