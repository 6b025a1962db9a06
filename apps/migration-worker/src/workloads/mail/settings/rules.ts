/** Inbox rules, in their order and switched off. They come after all folders, because they point at folders. https://learn.microsoft.com/graph/api/mailfolder-post-messagerules */
import type { DestRef } from '../../workload.js';
import { resultOf } from '../errors.js';
import { text } from '../mapi.js';
import { foldersOf, isPortable, mappedRule, ruleContent, ruleHash, type RuleMapping } from './rule-body.js';
import type { RuleFolders } from './rule-folders.js';
import { contentOf, keptByPerson, listRows, settingItem, written, type Row, type SettingKind } from './setting-kind.js';

const path = '/mailFolders/inbox/messageRules';

function refOf(row: Row): DestRef {
  return { id: text(row['id']) ?? '', version: ruleHash(row) };
}

function sequenceOf(row: Row): number {
  return typeof row['sequence'] === 'number' ? row['sequence'] : 0;
}

/** `ownAddress` is the mailbox itself on both sides, `folders` maps the folders that rules point at. */
export function rules(ownAddress: RuleMapping['ownAddress'], folders: RuleFolders): SettingKind {
  const mapped = async (rule: Row, signal: AbortSignal): Promise<Row | null> => mappedRule(rule, { ownAddress, folders: await folders.mapAll(foldersOf(rule), signal) });
  return {
    kind: 'rules',
    path: 'Rules',

    async list(source, signal) {
      const rows = await listRows(source, path, signal);
      return rows.sort((a, b) => sequenceOf(a) - sequenceOf(b)).map((row) => settingItem('rule', text(row['id']) ?? '', ruleContent(row), ruleHash(row)));
    },

    current: (destination, signal) => listRows(destination, path, signal),

    async find(current, item, signal) {
      const body = isPortable(contentOf(item)) ? await mapped(contentOf(item), signal) : null;
      return body === null ? [] : current.map(refOf).filter(({ version }) => version === ruleHash(body));
    },

    /** Folders are there at the destination once they are copied: a rule is lost only if its folder is not at the source either. */
    async foresee(item, signal) {
      const rule = contentOf(item);
      if (!isPortable(rule)) return 'RULE_NOT_PORTABLE';
      const copied = await folders.atSource(foldersOf(rule), signal);
      return mappedRule(rule, { ownAddress, folders: copied }) === null ? 'RULE_TARGET_UNMAPPED' : null;
    },

    async write(destination, entry, current, signal) {
      const { item, existing } = entry;
      const skip = (cause: 'RULE_NOT_PORTABLE' | 'RULE_TARGET_UNMAPPED') => resultOf(item.key, { end: 'skipped', cause }, { graphCode: null, requestId: null });
      if (!isPortable(contentOf(item))) return skip('RULE_NOT_PORTABLE');
      const body = await mapped(contentOf(item), signal);
      if (body === null) return skip('RULE_TARGET_UNMAPPED');
      if (existing === null) {
        const created = await destination.port.post<Row>(destination.user(path), body, destination.options(signal));
        return written(entry, { id: text(created['id']) ?? '', version: ruleHash({ ...body, ...created }) }, item.sizeBytes);
      }
      const copy = current.map(refOf).find(({ id }) => id === existing.id);
      if (copy?.version !== existing.version) return keptByPerson(entry);
      // Whether the copy is switched on is its owner's choice by now.
      const { isEnabled: _off, ...change } = body;
      const changed = await destination.port.patch<Row>(destination.user(`${path}/${encodeURIComponent(existing.id)}`), change, destination.options(signal, { repeatable: true }));
      return written(entry, { id: existing.id, version: ruleHash({ ...body, ...changed }) }, item.sizeBytes);
    },
  };
}
