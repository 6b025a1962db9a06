/** Columns that every list has (graph/files.md 8.3), besides those it was made with. */
import { stableGuid } from '../../world/ids.js';
import type { Column, ColumnKind } from './column.js';

interface Rest { displayName?: string; readOnly?: boolean; hidden?: boolean; indexed?: boolean; required?: boolean; facet?: Record<string, unknown> }

/** Ids of built-in columns are the same in every list of every organisation. */
function builtIn(name: string, kind: ColumnKind, { displayName = name, readOnly = true, hidden = false, indexed = false, required = false, facet = {} }: Rest = {}): Column {
  return { id: stableGuid('built-in column', name), name, displayName, description: '', columnGroup: hidden ? '_Hidden' : 'Base Columns', required, indexed, enforceUniqueValues: false, hidden, readOnly, isDeletable: false, kind, facet, defaultValue: null, validation: null };
}

const text = { allowMultipleLines: false, appendChangesToExistingText: false, linesForEditing: 0, maxLength: 255, textType: 'plain' };
const person = { allowMultipleSelection: false, chooseFromType: 'peopleOnly', displayAs: 'nameWithPresence' };
const moment = { displayAs: 'default', format: 'dateTime' };

const shared = (): Column[] => [
  builtIn('ID', 'number', { indexed: true, facet: { decimalPlaces: 'none', displayAs: 'number', minimum: 0, maximum: 2_147_483_647 } }),
  builtIn('ContentType', 'computed', { displayName: 'Content Type' }),
  builtIn('Modified', 'dateTime', { facet: moment }),
  builtIn('Created', 'dateTime', { facet: moment }),
  builtIn('Author', 'user', { displayName: 'Created By', facet: person }),
  builtIn('Editor', 'user', { displayName: 'Modified By', facet: person }),
  builtIn('_UIVersionString', 'computed', { displayName: 'Version' }),
  builtIn('AppAuthor', 'lookup', { displayName: 'App Created By', facet: { allowMultipleValues: false, allowUnlimitedLength: false, columnName: 'Title', listId: '' } }),
  builtIn('AppEditor', 'lookup', { displayName: 'App Modified By', facet: { allowMultipleValues: false, allowUnlimitedLength: false, columnName: 'Title', listId: '' } }),
  builtIn('ItemChildCount', 'computed', { displayName: 'Item Child Count' }),
  builtIn('FolderChildCount', 'computed', { displayName: 'Folder Child Count' }),
];

/** Of a list. */
export const listColumns = (): Column[] => [
  builtIn('Title', 'text', { readOnly: false, required: true, facet: text }),
  builtIn('LinkTitle', 'computed', { displayName: 'Title' }),
  builtIn('Attachments', 'computed', { readOnly: false }),
  builtIn('Edit', 'computed', { displayName: 'Edit' }),
  ...shared(),
];

/** Of a library. */
export const libraryColumns = (): Column[] => [
  builtIn('Title', 'text', { readOnly: false, facet: text }),
  builtIn('FileLeafRef', 'text', { displayName: 'Name', readOnly: false, required: true, facet: text }),
  builtIn('LinkFilename', 'computed', { displayName: 'Name' }),
  builtIn('DocIcon', 'computed', { displayName: 'Type' }),
  builtIn('FileSizeDisplay', 'computed', { displayName: 'File Size' }),
  ...shared(),
];

/** Of the User Information List. */
export const peopleColumns = (): Column[] => [
  builtIn('Title', 'text', { displayName: 'Name', facet: text }),
  builtIn('Name', 'text', { displayName: 'Account', indexed: true, facet: text }),
  builtIn('EMail', 'text', { displayName: 'Work email', facet: text }),
  builtIn('UserName', 'text', { displayName: 'User name', facet: text }),
  ...shared(),
];
