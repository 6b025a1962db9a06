/** The seeded part of a drive, made item by item from its number. Parents have lower numbers than what they hold. */
import { SeededContent, type FileContent } from '../content/file-content.js';
import { mix } from '../content/seeded-bytes.js';
import type { DriveProfile } from './drive-profile.js';
import type { Actor, Item } from './item.js';

/** One in a path is as much as a path takes (names.ts). */
const longWord = 'x'.repeat(180);
const plainWords = ['Budget', 'Report', 'Offer', 'Minutes', 'Draft', 'Contract', 'Photo', 'Plan', 'Invoice', 'Notes'];
const plainEndings = ['docx', 'xlsx', 'pptx', 'pdf', 'jpg', 'txt', 'zip', 'mp4', 'csv', 'png'];
/** What SharePoint takes and paths have to encode, and what programs stumble over: scripts, marks that combine, directions, leading dots. */
const awkwardWords = [
  '100% sûr', 'C# & F#', "O'Brien's", 'a+b=c', 'A\u030angstro\u0308m', '\u00c5ngstr\u00f6m', '報告書', 'отчёт', 'تقرير', 'דוח', 'ไฟล์', '한국어', '😀 party', 'semi;colon', 'at@sign', 'dollar$', 'tilde~x', 'back`tick', '.hidden', 'two  blanks', 'comma, dot.dot', '[brackets]', '{braces}', '(1)', 'ẞharp ß', 'ǅungla', longWord,
];
const versionsOf = 3;
const dayMs = 86_400_000;
const epochMs = Date.UTC(2018, 0, 1);

const seconds = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;

export interface TreeOwner {
  /** The user who made what is there; null: the system. */
  readonly ownerId: string | null;
  /** Users and groups that items are shared with, by turns. */
  readonly sharedWith: readonly { kind: 'user' | 'group'; id: string }[];
}

type Place = { kind: 'folder'; at: number } | { kind: 'file'; at: number } | { kind: 'large'; at: number } | { kind: 'notebook'; at: number } | { kind: 'part'; at: number } | { kind: 'shortcut'; at: number };

const partsPerNotebook = 3;

export class GeneratedTree {
  readonly #seed: number;
  /** First key of each kind; keys run from 1 to `count`. */
  readonly #starts: { folder: number; notebook: number; part: number; shortcut: number; large: number; file: number; end: number };
  readonly #bytesBelow: Float64Array;
  #earlierBytes = 0;

  constructor(
    private readonly profile: DriveProfile,
    private readonly owner: TreeOwner,
  ) {
    this.#seed = [...profile.seed].reduce((sum, char) => mix(sum, char.codePointAt(0) ?? 0), 17);
    const { folders, emptyFolders, notebooks, shortcuts, large, files } = profile;
    const notebook = 1 + folders + emptyFolders;
    const part = notebook + notebooks;
    const shortcut = part + notebooks * partsPerNotebook;
    const largeAt = shortcut + shortcuts;
    const file = largeAt + large.length;
    this.#starts = { folder: 1, notebook, part, shortcut, large: largeAt, file, end: file + files };
    this.#bytesBelow = this.#weigh();
  }

  /** Keys from 1 to this. */
  get count(): number {
    return this.#starts.end - 1;
  }

  /** All bytes that are stored, earlier versions among them. */
  get storedBytes(): number {
    return (this.#bytesBelow[0] ?? 0) + this.#earlierBytes;
  }

  /** Bytes below a seeded folder as it was made. */
  bytesBelow(key: number): number {
    return this.#bytesBelow[key] ?? this.#partBytes(key);
  }

  /** Null for a key that is not seeded. */
  item(key: number): Item | null {
    const place = this.#place(key);
    if (place === null) return null;
    const content = this.#contentOf(place, key);
    const createdMs = epochMs + (this.#random(key, 1) % 2_000) * dayMs + (this.#random(key, 2) % 86_400) * 1_000;
    const modifiedMs = createdMs + (this.#random(key, 3) % 300) * dayMs;
    const by: Actor = this.owner.ownerId === null ? { kind: 'app', clientId: 'system' } : { kind: 'user', id: this.owner.ownerId };
    const history = this.#historyOf(place);
    return {
      key,
      kind: place.kind === 'folder' ? 'folder' : place.kind === 'notebook' ? 'notebook' : place.kind === 'shortcut' ? 'shortcut' : 'file',
      parentKey: this.#parentOf(place),
      name: this.#nameOf(place, key),
      content,
      createdAt: seconds(createdMs),
      modifiedAt: seconds(modifiedMs),
      createdBy: by,
      modifiedBy: by,
      changes: 1 + history,
      contentChanges: 1 + history,
      version: 1 + history,
      earlier: Array.from({ length: history }, (_each, index) => ({ number: index + 1, content: new SeededContent(earlierSize(content?.size ?? 0, history - index), [this.#random(key, 40 + index), key >>> 0]), modifiedAt: seconds(createdMs + Math.floor(((modifiedMs - createdMs) * index) / history)), modifiedBy: by, fields: {} })),
      permissions: this.#permissionsOf(place, key),
      fields: {},
      breaksInheritance: false,
      sharingChangedAt: 0,
      infected: place.kind === 'file' && every(place.at, this.profile.malwareEvery),
      lock: null,
    };
  }

  /** Keys of what a seeded folder (or the root) holds, as it was made, ascending, above `after`. */
  *childKeys(parent: number, after: number): Generator<number> {
    const { folders, fanout, emptyFolders } = this.profile;
    const { notebook, part, shortcut, large, file, end } = this.#starts;
    if (parent <= folders) {
      const first = parent * fanout + 1;
      yield* above(first, Math.min(first + fanout, folders + 1), 1, after);
      if (parent === 0) yield* above(folders + 1, folders + emptyFolders + 1, 1, after);
      if (parent === 0) yield* above(notebook, part, 1, after);
    }
    if (parent >= notebook && parent < part) yield* above(part + (parent - notebook) * partsPerNotebook, part + (parent - notebook + 1) * partsPerNotebook, 1, after);
    if (parent === 0) yield* above(shortcut, file, 1, Math.max(after, large === file ? shortcut - 1 : after));
    if (parent <= folders) yield* above(file + parent, end, folders + 1, after);
  }

  /** How many things a seeded folder holds, as it was made. */
  childCount(parent: number): number {
    let count = 0;
    const { folders } = this.profile;
    const { file, end } = this.#starts;
    for (const key of this.childKeys(parent, 0)) {
      if (key >= file) break;
      count += 1;
    }
    return parent <= folders ? count + Math.max(0, Math.ceil((end - file - parent) / (folders + 1))) : count;
  }

  #place(key: number): Place | null {
    const { folder, notebook, part, shortcut, large, file, end } = this.#starts;
    if (key < 1 || key >= end) return null;
    if (key < notebook) return { kind: 'folder', at: key - folder };
    if (key < part) return { kind: 'notebook', at: key - notebook };
    if (key < shortcut) return { kind: 'part', at: key - part };
    if (key < large) return { kind: 'shortcut', at: key - shortcut };
    if (key < file) return { kind: 'large', at: key - large };
    return { kind: 'file', at: key - file };
  }

  #parentOf({ kind, at }: Place): number {
    const { folders, fanout } = this.profile;
    switch (kind) {
      case 'folder':
        return at < folders ? Math.floor(at / fanout) : 0;
      case 'part':
        return this.#starts.notebook + Math.floor(at / partsPerNotebook);
      case 'file':
        return at % (folders + 1);
      default:
        return 0;
    }
  }

  #nameOf({ kind, at }: Place, key: number): string {
    const awkward = this.#awkwardWordOf(key);
    const word = (awkward === longWord && this.#isBelowLongName({ kind, at }) ? undefined : awkward) ?? plainWords[this.#random(key, 6) % plainWords.length] ?? '';
    switch (kind) {
      case 'folder':
        return `${word} ${at}`;
      case 'notebook':
        return `Notebook ${at}`;
      case 'part':
        return at % partsPerNotebook === 0 ? 'Open Notebook.onetoc2' : `Section ${at % partsPerNotebook}.one`;
      case 'shortcut':
        return `Shared files ${at}`;
      case 'large':
        return `Large ${at}.bin`;
      case 'file':
        return `${word} ${at}.${plainEndings[this.#random(key, 7) % plainEndings.length] ?? 'bin'}`;
    }
  }

  #awkwardWordOf(key: number): string | undefined {
    return this.profile.awkwardNames && this.#random(key, 5) % 3 === 0 ? awkwardWords[this.#random(key, 6) % awkwardWords.length] : undefined;
  }

  #isBelowLongName(place: Place): boolean {
    for (let folder = this.#parentOf(place); folder > 0; folder = this.#parentOf({ kind: 'folder', at: folder - 1 })) if (this.#awkwardWordOf(folder) === longWord) return true;
    return false;
  }

  #historyOf({ kind, at }: Place): number {
    return kind === 'file' && every(at, this.profile.versionsEvery) ? versionsOf : 0;
  }

  #sizeOf(place: Place, key: number): number | null {
    switch (place.kind) {
      case 'large':
        return this.profile.large[place.at] ?? 0;
      case 'part':
        return 2_048 + (this.#random(key, 8) % 10_000);
      case 'file': {
        if (every(place.at, this.profile.emptyEvery)) return 0;
        const { bytesMin, bytesMax } = this.profile;
        // The square makes small files the more frequent ones.
        const share = this.#random(key, 9) / 2 ** 32;
        return Math.floor(bytesMin + Math.max(0, bytesMax - bytesMin) * share * share);
      }
      default:
        return null;
    }
  }

  #contentOf(place: Place, key: number): FileContent | null {
    const size = this.#sizeOf(place, key);
    return size === null ? null : new SeededContent(size, [this.#random(key, 10), key >>> 0]);
  }

  #permissionsOf({ kind, at }: Place, key: number): Item['permissions'] {
    if ((kind !== 'file' && kind !== 'folder') || !every(at, this.profile.sharedEvery) || this.owner.sharedWith.length === 0) return [];
    const turn = this.#random(key, 11);
    const grantee = this.owner.sharedWith[turn % this.owner.sharedWith.length];
    if (grantee === undefined) return [];
    const id = Buffer.from(`grant ${String(key)}`).toString('base64url');
    const token = this.#random(key, 12).toString(36).padStart(7, '0');
    switch (at % 4) {
      case 0:
        return [{ id, roles: ['write'], grantees: [grantee], link: null, expiresAt: null }];
      case 1:
        return [{ id, roles: ['read'], grantees: [grantee], link: { type: 'view', scope: 'users', token }, expiresAt: null }];
      case 2:
        return [{ id, roles: ['write'], grantees: [], link: { type: 'edit', scope: 'organization', token }, expiresAt: null }];
      default:
        return [{ id, roles: ['read'], grantees: [], link: { type: 'view', scope: 'anonymous', token }, expiresAt: null }];
    }
  }

  /** Bytes below every folder, one number each, and those of earlier versions; made once, without making an item. */
  #weigh(): Float64Array {
    const { folders } = this.profile;
    const { part, shortcut, large, file, end } = this.#starts;
    const below = new Float64Array(folders + 1);
    const add = (folder: number, bytes: number): void => {
      below[folder] = (below[folder] ?? 0) + bytes;
    };
    for (let key = part; key < shortcut; key += 1) add(0, this.#sizeOf({ kind: 'part', at: key - part }, key) ?? 0);
    for (let key = large; key < file; key += 1) add(0, this.#sizeOf({ kind: 'large', at: key - large }, key) ?? 0);
    for (let key = file; key < end; key += 1) {
      const place: Place = { kind: 'file', at: key - file };
      const size = this.#sizeOf(place, key) ?? 0;
      add(place.at % (folders + 1), size);
      for (let back = this.#historyOf(place); back > 0; back -= 1) this.#earlierBytes += earlierSize(size, back);
    }
    for (let folder = folders; folder > 0; folder -= 1) add(this.#parentOf({ kind: 'folder', at: folder - 1 }), below[folder] ?? 0);
    return below;
  }

  #partBytes(key: number): number {
    const { notebook, part } = this.#starts;
    if (key < notebook || key >= part) return 0;
    let sum = 0;
    for (const child of this.childKeys(key, 0)) sum += this.#sizeOf({ kind: 'part', at: child - part }, child) ?? 0;
    return sum;
  }

  #random(key: number, purpose: number): number {
    return mix(mix(this.#seed, key), purpose);
  }
}

/** Earlier versions were a little shorter. */
const earlierSize = (size: number, back: number): number => Math.max(1, size - 100 * back);
const every = (at: number, nth: number): boolean => nth > 0 && at % nth === nth - 1;

function* above(from: number, to: number, step: number, after: number): Generator<number> {
  const first = after < from ? from : from + (Math.floor((after - from) / step) + 1) * step;
  for (let key = first; key < to; key += step) yield key;
}
