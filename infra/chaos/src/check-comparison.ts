/** What the simulator, which shares no code with the migration, says of both sides. */
import type { Comparison, ControlClient } from '@migrator/demo/control-client';
import type { Scene } from './scene.js';

export const compare = (control: ControlClient, { source, destination }: Scene): Promise<Comparison> => control.call('POST', '/compare', { source, destination, examplesMax: 5 });

/**
 * What is wrong with the destination. Never is anything doubled, never is there what no source has, never has mail left. `equal`:
 * nothing may be missing or differ either.
 */
export function judge({ items, folders, settings, outboundMail, examples }: Comparison, equal: boolean): string[] {
  const found: string[] = [];
  const none = (what: string, count: number, kind?: string): void => {
    if (count > 0) found.push(`${count} ${what}${kind === undefined ? '' : `, such as ${JSON.stringify(examples[kind]?.slice(0, 2))}`}`);
  };
  none('items at the destination that no source has', items.extra, 'extra');
  none('items are doubled', items.doubled, 'extra');
  none('folders at the destination that no source has', folders.extra, 'folders');
  none('messages or invitations left a mailbox', outboundMail);
  if (!equal) return found;
  none('items are missing', items.missing, 'missing');
  none('items differ', items.differs, 'differs');
  none('folders are missing or differ', folders.missing + folders.differs, 'folders');
  none('settings are missing or differ', settings.missing + settings.differs, 'settings');
  if (items.matched + items.refused !== items.expected) found.push(`${items.matched} items match and ${items.refused} are refused of ${items.expected}`);
  return found;
}
