/** One thing in a drive. */
import type { FileContent } from '../content/file-content.js';

/** Who did something: a user of the directory by id, or an application. */
export type Actor = { readonly kind: 'user'; readonly id: string } | { readonly kind: 'app'; readonly clientId: string };

export interface ItemVersion {
  /** The n of `n.0`. */
  readonly number: number;
  readonly content: FileContent;
  readonly modifiedAt: string;
  readonly modifiedBy: Actor;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A grant on an item itself; what it inherits stands at its parents. */
export interface Permission {
  readonly id: string;
  roles: ('read' | 'write' | 'owner')[];
  /** Users and groups of the directory by id; of a link, those it was given to. */
  grantees: { kind: 'user' | 'group'; id: string }[];
  link: { type: 'view' | 'edit'; scope: 'anonymous' | 'organization' | 'users'; token: string; /** To view alone. */ preventsDownload?: boolean } | null;
  expiresAt: string | null;
  /** Of a link: it asks for a password, which nobody is shown. */
  hasPassword?: boolean;
}

export interface Item {
  /** Within its drive; 0 is the root. */
  readonly key: number;
  readonly kind: 'folder' | 'file' | 'notebook' | 'shortcut';
  parentKey: number;
  name: string;
  /** Of a file; null for anything else. */
  content: FileContent | null;
  /** As its owner's computer says, whole seconds. */
  createdAt: string;
  modifiedAt: string;
  createdBy: Actor;
  modifiedBy: Actor;
  /** Counts of the eTag and the cTag. */
  changes: number;
  contentChanges: number;
  /** Number of the current version, and what came before it, oldest first. */
  version: number;
  earlier: ItemVersion[];
  permissions: Permission[];
  /** What has been written to the columns of its library, by internal name. */
  fields: Readonly<Record<string, unknown>>;
  /** Of its library; without it that of every file or folder. */
  contentTypeId?: string;
  /** What it inherits ends here. */
  breaksInheritance: boolean;
  /** Position in the drive's log at which its sharing changed last; 0: never. */
  sharingChangedAt: number;
  infected: boolean;
  /** Somebody has it open: writes are refused, and reads too when `reads`. */
  lock: { reads: boolean } | null;
}
