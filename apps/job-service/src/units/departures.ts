/** Items that left their containers at the source: how many a unit's passes met, and what that adds to the pass under way. */
import type { Unit } from '@migrator/contracts/api/jobs';
import type { DepartureCounts } from '@migrator/contracts/events';
import type { TransactionSql } from '@migrator/service-kit/database';

/** As people read them. */
export const describeDepartures = ({ moved, deleted, removed }: Pick<DepartureCounts, 'moved' | 'deleted' | 'removed'>): Pick<Unit, 'movedItems' | 'deletedItems' | 'removedItems'> => ({ movedItems: moved, deletedItems: deleted, removedItems: removed });

/** Stores a unit's absolute numbers; what they have grown by since its last claim belongs to this pass. The caller has locked the unit. */
export async function storeDepartures(tx: TransactionSql, unitId: string, passId: string, { moved, deleted, removed }: DepartureCounts): Promise<void> {
  await tx`
    with before as (select moved, deleted, removed from jobs.units where id = ${unitId}),
      stored as (update jobs.units set moved = ${moved}, deleted = ${deleted}, removed = ${removed} where id = ${unitId} and (moved, deleted, removed) is distinct from (${moved}, ${deleted}, ${removed}))
    update jobs.passes p set moved = greatest(0, p.moved + ${moved} - b.moved), deleted = greatest(0, p.deleted + ${deleted} - b.deleted), removed = greatest(0, p.removed + ${removed} - b.removed)
    from before b where p.id = ${passId} and (b.moved, b.deleted, b.removed) is distinct from (${moved}, ${deleted}, ${removed})`;
}
