/** What the simulator, which shares no code with the migration, says of both sides. */
import type { Comparison } from '@migrator/demo/control-client';
import type { Plan } from './plan.js';

/**
 * How much can be asked of the destination. `behind`: the source has changed since the last pass looked. `open`: it has not, and items
 * were reported as failed. `equal`: everything is there. What is doubled, and what has left as mail, is never right.
 */
export type Standing = 'behind' | 'open' | 'equal';

/** What is wrong with the destination. `deletions`: what the jobs do to copies of deleted items. */
export function judge({ items, folders, settings, outboundMail, examples }: Comparison, standing: Standing, deletions: Plan['deletions']): string[] {
  const found: string[] = [];
  const none = (what: string, count: number, kind?: string): void => {
    if (count > 0) found.push(`${count} ${what}${kind === undefined ? '' : `, such as ${JSON.stringify(examples[kind]?.slice(0, 2))}`}`);
  };
  none('items are doubled', items.doubled, 'doubled');
  none('messages or invitations left a mailbox', outboundMail);
  if (standing === 'behind') return found;
  none('items at the destination that no source has', items.extra, 'extra');
  none('folders at the destination that no source has', folders.extra, 'folders');
  if (standing === 'open') return found;
  none('items are missing', items.missing, 'missing');
  none('items differ', items.differs, 'differs');
  none('folders are missing or differ', folders.missing + folders.differs, 'folders');
  none('settings are missing or differ', settings.missing + settings.differs, 'settings');
  none('copies are where their items were before they were moved', items.keptMoved, 'kept');
  if (deletions === 'apply') none('copies of deleted items are still there', items.kept - items.keptMoved, 'kept');
  if (items.matched + items.refused !== items.expected) found.push(`${items.matched} items match and ${items.refused} are refused of ${items.expected}`);
  return found;
}
