/** What other instances must hear of, so that they forget what they remember of it. */
import type { Id } from '@migrator/contracts/ids';

export interface AccessChange {
  orgId: Id<'org'>;
  what: 'key' | 'session' | 'member' | 'organisation';
}
/** Called after the change is committed. */
export type AccessChanged = (change: AccessChange) => void;
