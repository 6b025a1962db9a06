/** Language, time zone, working hours, formats, and the text of automatic replies. https://learn.microsoft.com/graph/api/user-update-mailboxsettings */
import type { SourceItem } from '../../workload.js';
import { orEndUnit } from '../errors.js';
import { isObject, text } from '../mapi.js';
import type { Mailbox } from '../mailbox.js';
import { contentHash, contentOf, keptByPerson, settingItem, written, type Row, type SettingKind } from './setting-kind.js';

const path = '/mailboxSettings';

/** In the order they are written: language and time zone first, because the formats depend on them. */
const names = ['language', 'timeZone', 'dateFormat', 'timeFormat', 'workingHours', 'automaticRepliesSetting'] as const;
type Name = (typeof names)[number];

/** The part of a setting that is copied; null when there is nothing to copy. Pure. */
export function portableSetting(settings: Row, name: Name): unknown {
  const value = settings[name];
  if (name === 'language') return isObject(value) && text(value['locale']) !== null ? { locale: value['locale'] } : null;
  if (name === 'workingHours') return isObject(value) ? withoutAnnotations(value) : null;
  if (name !== 'automaticRepliesSetting') return typeof value === 'string' && value !== '' ? value : null;
  if (!isObject(value)) return null;
  const texts = { internalReplyMessage: text(value['internalReplyMessage']) ?? '', externalReplyMessage: text(value['externalReplyMessage']) ?? '' };
  if (texts.internalReplyMessage === '' && texts.externalReplyMessage === '') return null;
  // Only the words are copied: a mailbox under migration must not begin to answer people.
  return { status: 'disabled', externalAudience: value['externalAudience'] ?? 'all', ...texts };
}

function withoutAnnotations(value: Row): Row {
  return Object.fromEntries(Object.entries(value).filter(([key]) => !key.includes('@')));
}

async function read(mailbox: Mailbox, signal: AbortSignal): Promise<Row> {
  return await orEndUnit(mailbox.side, () => mailbox.port.get<Row>(mailbox.user(path), mailbox.options(signal)));
}

function nameOf(item: SourceItem): Name {
  return names.find((name) => name === item.key) ?? 'timeZone';
}

function versionOf(settings: Row, name: Name): string {
  return contentHash(portableSetting(settings, name) ?? null);
}

export const mailboxSettings: SettingKind = {
  kind: 'mailboxSettings',
  path: 'Mailbox settings',

  async list(source, signal) {
    const settings = await read(source, signal);
    return names.flatMap((name) => {
      const value = portableSetting(settings, name);
      return value === null ? [] : [settingItem('mailboxSetting', name, { [name]: value }, name)];
    });
  },

  /** A setting is always there; it is the copy when it says the same. */
  current: async (destination, signal) => [await read(destination, signal)],

  find([settings = {}], item) {
    const name = nameOf(item);
    return versionOf(settings, name) === contentHash(contentOf(item)[name]) ? [{ id: name, version: versionOf(settings, name) }] : [];
  },

  async write(destination, entry, current, signal) {
    const name = nameOf(entry.item);
    const content = contentOf(entry.item);
    const [settings = {}] = current;
    const now = versionOf(settings, name);
    if (now === contentHash(content[name])) return written(entry, { id: name, version: now }, 0);
    // The owner's running automatic reply is theirs; and what they changed since our copy stays changed.
    const replies = isObject(settings[name]) ? settings[name] : {};
    const running = name === 'automaticRepliesSetting' && (text(replies['status']) ?? 'disabled') !== 'disabled';
    if (running || (entry.existing !== null && entry.existing.version !== now)) return keptByPerson(entry);
    await destination.port.patch(destination.user(path), content, destination.options(signal, { repeatable: true }));
    // Exchange may write a setting its own way; what it says now is what a later pass compares with.
    const after = await read(destination, signal);
    current[0] = after;
    return written(entry, { id: name, version: versionOf(after, name) }, entry.item.sizeBytes);
  },
};
