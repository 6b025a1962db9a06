/** Categories, rules, overrides and mailbox settings of both sides. */
import type { Mailbox } from '../store/mailbox.js';
import { parseId } from '../store/outlook-id.js';
import { placeOf } from './expected-folders.js';
import type { InboxRule } from '../store/settings.js';

export interface SettingsComparison {
  expected: number;
  matched: number;
  missing: number;
  differs: number;
  examples: { mailbox: string; setting: string; note: string }[];
}

/** A rule without ids, and with its folders as places. */
function ruleEssence(mailbox: Mailbox, rule: InboxRule): string {
  const folders = (value: unknown): unknown => {
    const parsed = typeof value === 'string' ? parseId('folder', mailbox.guid, value) : null;
    const folder = parsed === null ? undefined : mailbox.folder(parsed.key);
    return folder === undefined ? value : placeOf(mailbox, folder);
  };
  const sorted = (part: Record<string, unknown> | null): unknown => Object.entries(part ?? {}).filter(([, value]) => value !== false && value !== null).map(([name, value]) => [name, folders(value)]).sort();
  // Exchange writes the words of conditions in capitals.
  return JSON.stringify([JSON.stringify([sorted(rule.conditions), sorted(rule.exceptions)]).toLowerCase(), sorted(rule.actions)]);
}

export function compareSettings(source: Mailbox, dest: Mailbox): SettingsComparison {
  const result: SettingsComparison = { expected: 0, matched: 0, missing: 0, differs: 0, examples: [] };
  const judge = (setting: string, found: boolean, same: boolean): void => {
    result.expected += 1;
    result[same ? 'matched' : found ? 'differs' : 'missing'] += 1;
    if (!same) result.examples.push({ mailbox: dest.address, setting, note: found ? 'differs' : 'missing' });
  };
  for (const { displayName, color } of source.categories) {
    const copies = dest.categories.filter((each) => each.displayName === displayName);
    judge(`category ${displayName}`, copies.length > 0, copies.length === 1 && copies[0]?.color === color);
  }
  for (const rule of source.rules.filter((each) => !each.isReadOnly && !each.hasError)) {
    const copies = dest.rules.filter((each) => each.displayName === rule.displayName);
    const [copy] = copies;
    // A copy is switched off until cutover.
    judge(`rule ${rule.displayName}`, copies.length > 0, copies.length === 1 && copy !== undefined && !copy.isEnabled && ruleEssence(dest, copy) === ruleEssence(source, rule));
  }
  for (const { address, classifyAs } of source.overrides) {
    const copies = dest.overrides.filter((each) => each.address.toLowerCase() === address.toLowerCase());
    judge(`override ${address}`, copies.length > 0, copies.length === 1 && copies[0]?.classifyAs === classifyAs);
  }
  const [a, b] = [source.settings, dest.settings];
  judge('language', true, a.locale === b.locale);
  judge('time zone', true, a.timeZone === b.timeZone);
  judge('formats', true, a.dateFormat === b.dateFormat && a.timeFormat === b.timeFormat);
  judge('working hours', true, JSON.stringify(a.workingHours) === JSON.stringify(b.workingHours));
  // The words come along; a mailbox under migration must not begin to answer people.
  const words = a.automaticReplies.internalMessage !== '' || a.automaticReplies.externalMessage !== '';
  if (words) judge('automatic replies', true, a.automaticReplies.internalMessage === b.automaticReplies.internalMessage && a.automaticReplies.externalMessage === b.automaticReplies.externalMessage && b.automaticReplies.status === 'disabled');
  return result;
}
