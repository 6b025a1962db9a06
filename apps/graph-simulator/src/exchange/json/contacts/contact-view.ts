import type { Folder } from '../../store/folder.js';
import type { ContactContent, Item } from '../../store/item.js';
import { makeId } from '../../store/outlook-id.js';
import { itemId } from '../core/item-ids.js';
import { readProperty } from '../core/mapi.js';
import type { View } from '../core/view.js';
import { CONTACT_LISTS, CONTACT_TEXTS } from '../input/outlook-schemas.js';

export function contactOf(item: Item): ContactContent {
  if (item.content.contact === null) throw new Error('An item of a contact folder that is shown has a contact');
  return item.content.contact;
}

type Reader = (item: Item) => unknown;
const texts = Object.fromEntries(CONTACT_TEXTS.map((name): [string, Reader] => [name, name === 'personalNotes' ? (item) => item.content.body.content : (item) => contactOf(item).fields[name] ?? null]));
const lists = Object.fromEntries(CONTACT_LISTS.map((name): [string, Reader] => [name, (item) => contactOf(item)[name]]));
const addresses = Object.fromEntries((['homeAddress', 'businessAddress', 'otherAddress'] as const).map((name): [string, Reader] => [name, (item) => contactOf(item).addresses[name] ?? {}]));
const emails = Object.fromEntries((['primaryEmailAddress', 'secondaryEmailAddress', 'tertiaryEmailAddress'] as const).map((name, n): [string, Reader] => [name, (item) => contactOf(item).emails[n] ?? null]));

export const contactView: View<Item> = {
  typeName: 'microsoft.graph.contact',
  annotate: (item) => ({ '@odata.etag': `W/"${item.changeKey}"` }),
  properties: {
    id: (item, call) => itemId(call, item),
    createdDateTime: (item) => item.createdAt,
    lastModifiedDateTime: (item) => item.modifiedAt,
    changeKey: (item) => item.changeKey,
    categories: (item) => item.content.categories,
    parentFolderId: (item, call) => makeId('folder', call.mailbox.guid, item.folderKey),
    birthday: (item) => contactOf(item).fields.birthday ?? null,
    ...texts, ...lists, ...addresses, ...emails,
    emailAddresses: (item) => contactOf(item).emails,
  },
  onRequest: ['primaryEmailAddress', 'secondaryEmailAddress', 'tertiaryEmailAddress'],
  extended: (item, _call, id) => readProperty(item, item.content, id),
};

export const contactFolderView: View<Folder> = {
  typeName: 'microsoft.graph.contactFolder',
  properties: {
    id: (folder, call) => makeId('folder', call.mailbox.guid, folder.key),
    parentFolderId: (folder, call) => makeId('folder', call.mailbox.guid, folder.parentKey ?? folder.key),
    displayName: (folder) => folder.displayName,
  },
  extended: (folder, _call, id) => folder.properties[id],
};
