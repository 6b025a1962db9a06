/** Content types of sites and lists: a list has copies whose ids begin with their parent's. */
import { stableGuid } from '../../world/ids.js';

export interface ContentType {
  /** `0x0100...`. */
  readonly id: string;
  name: string;
  description: string;
  group: string;
  readonly parentId: string;
  readonly isBuiltIn: boolean;
  hidden: boolean;
  /** Internal names of the columns it brings besides its parent's. */
  readonly columns: string[];
}

const builtIn = (id: string, name: string, group: string, description: string, columns: string[] = []): ContentType => ({ id, name, description, group, parentId: id.slice(0, -2) || '0x', isBuiltIn: true, hidden: false, columns });

/** What every site has; the hidden ones, of which there are dozens, are left out. */
export const siteContentTypes = (): ContentType[] => [
  builtIn('0x01', 'Item', 'List Content Types', 'Create a new list item.', ['Title']),
  builtIn('0x0101', 'Document', 'Document Content Types', 'Create a new document.', ['Title', 'FileLeafRef']),
  builtIn('0x0120', 'Folder', 'Folder Content Types', 'Create a new folder.', ['Title', 'FileLeafRef']),
];

/** A child of a content type, as SharePoint numbers it: `00` and a GUID. */
export const childId = (parentId: string, ...parts: string[]): string => `${parentId}00${stableGuid('content type', parentId, ...parts).replaceAll('-', '').toUpperCase()}`;

/** The copy of a site's content type in a list. */
export const copyFor = (listId: string, type: ContentType): ContentType => ({ ...type, id: childId(type.id, listId), parentId: type.id, isBuiltIn: false, columns: [...type.columns] });
