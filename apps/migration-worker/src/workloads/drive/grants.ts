/** What a thing in a drive grants whom, as Graph shows it. https://learn.microsoft.com/graph/api/resources/permission */
import type { Drive } from './drive.js';
import { objectOf, textOf, type Raw } from './drive-item.js';

export type Role = 'read' | 'write';

export interface Link {
  /** `blocksDownload`, which Graph shows as a link to view with a mark, and makes none of, is a type of its own here. */
  readonly type: string;
  readonly scope: string;
  /** Its address, which may let in whoever has it; null where Graph does not show it. */
  readonly webUrl: string | null;
}

/** One entry of an item's permissions. */
export interface Grant {
  /** The same at an item and at what inherits from it. */
  readonly id: string;
  /** Null: full control, restricted view, or one that has no name here. */
  readonly role: Role | null;
  readonly full: boolean;
  readonly link: Link | null;
  /** Object id, or address where Graph gives no id; null for what is no person and no group of the directory. */
  readonly to: readonly (string | null)[];
  /** Whole seconds; null: without end. */
  readonly until: string | null;
  readonly password: boolean;
}

/** Resource units of whatever touches permissions. */
export const permissionUnits = 5;

/** All that an item grants, with what it inherits. Throws GraphRequestError. */
export async function readGrants(drive: Drive, itemId: string, signal: AbortSignal): Promise<Grant[]> {
  const grants: Grant[] = [];
  for await (const { value } of drive.port.pages<Raw>(`${drive.item(itemId)}/permissions`, drive.options(signal, { units: permissionUnits }))) grants.push(...value.map(parseGrant));
  return grants;
}

export function parseGrant(raw: Raw): Grant {
  const roles = listOf(raw['roles']);
  const link = objectOf(raw['link']);
  const single = objectOf(raw['grantedToV2']) ?? objectOf(raw['grantedTo']);
  const several = listOf(raw['grantedToIdentitiesV2'] ?? raw['grantedToIdentities']).map(objectOf);
  return {
    id: textOf(raw['id']) ?? '',
    role: roles.includes('write') ? 'write' : roles.includes('read') ? 'read' : null,
    full: roles.includes('owner'),
    link: link === null ? null : { type: link['preventsDownload'] === true ? 'blocksDownload' : (textOf(link['type']) ?? ''), scope: textOf(link['scope']) ?? '', webUrl: textOf(link['webUrl']) },
    to: link === null ? [nameOf(single)] : several.map(nameOf),
    until: momentOf(raw['expirationDateTime']),
    password: raw['hasPassword'] === true,
  };
}

/** Somebody by object id, or by the address inside what SharePoint calls them. */
function nameOf(identity: Raw | null): string | null {
  for (const kind of ['user', 'group']) {
    const id = textOf(objectOf(identity?.[kind])?.['id']);
    if (id !== null && id !== '') return id;
  }
  const known = objectOf(identity?.['user']) ?? objectOf(identity?.['group']) ?? objectOf(identity?.['siteUser']);
  const login = textOf(known?.['loginName']);
  return textOf(known?.['email']) ?? (login?.startsWith('i:0#.f|membership|') === true ? (login.split('|').at(-1) ?? null) : null);
}

/** The year 1 stands for no end. */
function momentOf(value: unknown): string | null {
  const at = typeof value === 'string' ? Date.parse(value) : NaN;
  return Number.isNaN(at) || at <= 0 ? null : `${new Date(at).toISOString().slice(0, 19)}Z`;
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
