/** A discovery run in somebody's hands, and the fence that keeps everybody else's away. */
import type { Id } from '@migrator/contracts/ids';
import type { TransactionSql } from '@migrator/service-kit/database';

/** `claim` fences: who lost the run to another instance changes nothing any more. */
export interface ClaimedRun {
  id: Id<'dis'>;
  tenantId: Id<'ten'>;
  orgId: Id<'org'>;
  claim: number;
}

/** The run is not in our hands any more: its lease ran out, or its tenant was disconnected. */
export class RunLost extends Error {
  override readonly name = 'RunLost';
}

/** Keeps the run ours until the transaction ends. Throws RunLost. */
export async function holdRun(tx: TransactionSql, run: ClaimedRun): Promise<void> {
  const held = await tx`select 1 from tenants.discoveries where id = ${run.id} and attempts = ${run.claim} and status = 'RUNNING' for update`;
  if (held.length === 0) throw new RunLost('The run is in other hands, or its tenant was disconnected.');
}
