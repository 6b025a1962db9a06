/** An item of a list as Graph shows it, and as the engine sees it. https://learn.microsoft.com/graph/api/resources/listitem */
import { objectOf, textOf, type Raw } from '../../drive/drive-item.js';
import { lostPart } from '../lost-part.js';
import type { SourceItem } from '../../workload.js';
import { isFolderType } from './content-types.js';
import type { SourceList } from './source-lists.js';
import { hasValue, pointedAt } from './values.js';

export interface ItemRef {
  readonly fields: Raw;
  readonly contentType: string | null;
}

/** What is asked of items besides their fields. */
export const itemSelect = 'id,eTag,contentType,lastModifiedDateTime,lastModifiedBy';
/** The same of a delta, which does not know who, but what has gone. */
export const listedSelect = 'id,eTag,contentType,lastModifiedDateTime,deleted';

/** An item of the source and what of it cannot be carried. */
export function sourceItems({ list, columns, lookups }: SourceList, raw: Raw): SourceItem[] {
  const key = textOf(raw['id']) ?? '';
  const version = textOf(raw['eTag']) ?? '';
  const type = objectOf(raw['contentType']);
  if (isFolderType(textOf(type?.['id']) ?? '')) return [lostPart(key, 'listFolder', 'LIST_FOLDER_NOT_CARRIED', version)];
  const fields = objectOf(raw['fields']) ?? {};
  const refersTo = lookups.flatMap((column) => pointedAt(column, fields).map((id) => ({ container: column.target?.listId ?? list.id, key: id })));
  const item: SourceItem = {
    ...{ key, version, kind: 'listItem', at: textOf(raw['lastModifiedDateTime']), matchKey: null, sizeBytes: Buffer.byteLength(JSON.stringify(fields)) },
    ...(refersTo.length === 0 ? {} : { refersTo }),
    ref: { fields, contentType: textOf(type?.['name']) } satisfies ItemRef,
  };
  return [
    item,
    ...(fields['Attachments'] === true ? [lostPart(`${key}:attachments`, 'listAttachments', 'ATTACHMENTS_NOT_CARRIED', version)] : []),
    ...(columns.some((column) => column.kind === 'lost' && hasValue(column, fields)) ? [lostPart(`${key}:values`, 'listValues', 'VALUES_NOT_CARRIED', version)] : []),
  ];
}

/** Keys of everything that left with an item. */
export const removedKeys = (id: string): string[] => [id, `${id}:attachments`, `${id}:values`];
