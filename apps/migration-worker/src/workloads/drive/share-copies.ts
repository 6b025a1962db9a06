/**
 * Gives copies the sharing of their originals: grants without a message to anybody, links anew. What is granted already is left as it
 * is, so a second time nothing is granted twice. Takes drives, whosoever they are. https://learn.microsoft.com/graph/api/driveitem-invite
 */
import type { NewLink } from '@migrator/contracts/links';
import { GraphRequestError } from '@migrator/graph-client';
import { noWords, type GraphWords } from '../graph-errors.js';
import type { DestRef, ForeseenResult, ItemResult, People, RemovalResult, SourceItem, TransferItem } from '../workload.js';
import { segment, type Drive } from './drive.js';
import { ownersVersion, type DriveItem, type Raw } from './drive-item.js';
import { during, endFailed, graphWords } from './errors.js';
import { parseGrant, permissionUnits, readGrants, type Grant } from './grants.js';
import { apart, sharingVersion, type Shares, type Sharing } from './shares.js';
import { asWanted, toldFirst, wantedSharing, wantedWords, type WantedGrant, type WantedSharing, type Withheld } from './wanted-sharing.js';

/** The sharing of a thing as an item of its own; its key and the id of its copy end like this. */
export interface SharingItem {
  readonly sharingOf: DriveItem;
}
export const sharingMark = '/sharing';
export const isSharing = (ref: unknown): ref is SharingItem => typeof ref === 'object' && ref !== null && 'sharingOf' in ref;

/** So many are invited at once. */
const recipientsMax = 50;

export class ShareCopies {
  constructor(
    private readonly source: Shares,
    /** Null in a dry run of a drive that is still to be made. */
    private readonly dest: Drive | null,
    private readonly people: People,
  ) {}

  private get destination(): Drive {
    if (this.dest === null) throw new Error('a drive that is only planned cannot be shared');
    return this.dest;
  }

  /** Throws ItemEnded, GraphRequestError, UnitError. */
  async bring({ item, existing, needed, again = false }: TransferItem, signal: AbortSignal): Promise<ItemResult> {
    if (needed === null) throw endFailed('NEEDED_COPY_GONE');
    const wanted = await this.wanted((item.ref as SharingItem).sharingOf, signal);
    const owners = needed.version === ownersVersion;
    // What we made a moment ago grants nothing yet. Anything else says what it grants.
    const fresh = existing === null && !owners && !again;
    const copy = new CopySharing(this.destination, needed.id, wanted, fresh ? null : await this.at(needed.id, signal), signal);
    const exact = existing !== null && !owners && copy.version === existing.version;
    if (exact) await copy.takeBack();
    const changed = existing !== null && !owners && !exact && copy.grantsMore;
    await copy.grant(exact);
    const links = copy.links.length > 0 ? { links: { path: pathOf(item), links: copy.links } } : existing === null ? {} : { links: null };
    const dest: DestRef = { id: `${needed.id}${sharingMark}`, version: owners ? ownersVersion : copy.version };
    const reason = toldFirst(wanted.withheld);
    if (reason !== null) return { key: item.key, outcome: 'skipped', cause: reason, dest, ...links, ...copy.words };
    if (changed) return { key: item.key, outcome: 'skipped', cause: 'DEST_ITEM_CHANGED', dest, ...links, ...noWords };
    return { key: item.key, outcome: existing === null ? 'copied' : 'updated', dest, ...links, bytes: 0 };
  }

  /** What can be known without writing; null: nothing speaks against it. */
  async foresee({ item }: TransferItem, signal: AbortSignal): Promise<ForeseenResult | null> {
    const reason = toldFirst((await this.wanted((item.ref as SharingItem).sharingOf, signal)).withheld);
    return reason === null ? null : { key: item.key, outcome: 'skipped', cause: reason, ...noWords };
  }

  private async wanted(item: DriveItem, signal: AbortSignal): Promise<WantedSharing> {
    return await wantedSharing(await during('read', () => this.source.of(item, signal)), this.people);
  }

  private async at(itemId: string, signal: AbortSignal): Promise<Sharing> {
    const there = await lookAt(this.destination, itemId, signal);
    if (there === null) throw endFailed('NEEDED_COPY_GONE');
    return there;
  }
}

/** A folder's path is its own; a file's that of its folder. */
function pathOf({ path = '/', ref }: SourceItem): string {
  const { sharingOf } = ref as SharingItem;
  return sharingOf.kind !== 'file' ? path : path === '/' ? sharingOf.name : `${path}/${sharingOf.name}`;
}

/** What a copy grants; null when it is not there any more. */
async function lookAt(destination: Drive, itemId: string, signal: AbortSignal): Promise<Sharing | null> {
  const there = await destination.find(destination.item(itemId), signal);
  if (there === null) return null;
  return apart(await readGrants(destination, itemId, signal), there.parentId === null ? [] : await readGrants(destination, there.parentId, signal));
}

/** Takes back what we granted, where nobody has changed it since. Throws GraphRequestError. */
export async function removeSharing(destination: Drive, copy: DestRef, signal: AbortSignal): Promise<RemovalResult> {
  const itemId = copy.id.slice(0, -sharingMark.length);
  const there = await lookAt(destination, itemId, signal);
  if (there === null) return { id: copy.id, outcome: 'none' };
  const sharing = new CopySharing(destination, itemId, { grants: [], withheld: new Set<Withheld>(), cut: false }, there, signal);
  if (sharing.version !== copy.version) return { id: copy.id, outcome: 'changed' };
  await sharing.takeBack();
  return { id: copy.id, outcome: 'removed' };
}

/** The sharing of one copy while it is brought to what is wanted. */
class CopySharing {
  private own: Grant[];
  private cutNow: boolean;
  private readonly made = new Map<WantedGrant, Grant>();
  words: GraphWords = noWords;

  constructor(
    private readonly drive: Drive,
    private readonly itemId: string,
    private readonly wanted: WantedSharing,
    there: Sharing | null,
    private readonly signal: AbortSignal,
  ) {
    this.own = [...(there?.own ?? [])];
    this.cutNow = there?.cut ?? false;
  }

  /** What it grants itself, as it stands. */
  get version(): string {
    return sharingVersion({ own: this.own, cut: false });
  }

  get grantsMore(): boolean {
    return this.surplus().length > 0;
  }

  private surplus(): Grant[] {
    const wanted = new Set(this.wanted.grants.flatMap(onePerPerson).map(wantedWords));
    return this.own.filter((grant) => {
      const as = asWanted(grant);
      return as !== null && !wanted.has(wantedWords(as));
    });
  }

  /** Takes back what is not wanted any more. */
  async takeBack(): Promise<void> {
    for (const { id } of this.surplus()) await this.delete(id);
  }

  /** Grants what is missing. `exact`: what allows more than is wanted was taken back before. */
  async grant(exact: boolean): Promise<void> {
    const missing = this.wanted.grants.flatMap(onePerPerson).filter((grant) => this.standing(grant, exact) === undefined);
    for (const group of invitations(missing)) await this.invite(group);
    for (const grant of missing) if (grant.link !== null) await this.makeLink(grant);
    if (!this.cutting) return;
    // Nothing is granted here, and nothing is to be inherited: a link that nobody has cuts it off, and goes again.
    const link = await this.write('createLink', { type: 'view', scope: 'users' }, false);
    if (link !== null && link !== 'one by one') await this.delete(parseGrant(link).id);
  }

  /** The links that were wanted and are there, with their addresses on both sides. */
  get links(): NewLink[] {
    return this.wanted.grants.flatMap((grant): NewLink[] => {
      const to = (this.made.get(grant) ?? this.standing(grant, true))?.link?.webUrl ?? null;
      return grant.link === null || to === null ? [] : [{ type: grant.link.type, scope: grant.link.scope, from: grant.link.webUrl, to }];
    });
  }

  private standing({ role, to, link, until }: WantedGrant, exact: boolean): Grant | undefined {
    return this.own.find((grant) => {
      const there = asWanted(grant);
      if (there?.until !== until || there.to.join() !== to.join()) return false;
      if (link !== null) return there.link?.type === link.type && there.link.scope === link.scope;
      return there.link === null && (there.role === role || (!exact && there.role === 'write'));
    });
  }

  private async invite(group: readonly WantedGrant[]): Promise<void> {
    const [first] = group;
    if (first === undefined) return;
    const ids = group.flatMap(({ to }) => to);
    const body = { recipients: ids.map((objectId) => ({ objectId })), roles: [first.role], requireSignIn: true, sendInvitation: false, ...ending(first) };
    const answer = await this.write('invite', body, true, ids.length > 1);
    if (answer === 'one by one') {
      for (const each of group) await this.invite([each]);
      return;
    }
    const granted = (Array.isArray(answer?.['value']) ? (answer['value'] as Raw[]) : []).filter(({ error }) => error === undefined).map(parseGrant);
    this.granted(granted);
    if (answer !== null && ids.some((id) => !granted.some(({ to }) => to.includes(id)))) this.wanted.withheld.add('SHARING_REFUSED');
  }

  private async makeLink(wanted: WantedGrant): Promise<void> {
    const { link, to, until } = wanted;
    const recipients = to.length === 0 ? {} : { recipients: to.map((objectId) => ({ objectId })), sendNotification: false };
    // A link for people is made anew each time; any other is found again.
    const made = await this.write('createLink', { type: link?.type, scope: link?.scope, ...recipients, ...ending({ until }) }, link?.scope !== 'users');
    if (made === null || made === 'one by one') return;
    const grant = parseGrant(made);
    this.granted([grant]);
    this.made.set(wanted, grant);
    if (to.some((id) => !grant.to.includes(id))) this.wanted.withheld.add('SHARING_REFUSED');
  }

  private granted(grants: readonly Grant[]): void {
    const ids = new Set(grants.map(({ id }) => id));
    this.own = [...this.own.filter(({ id }) => !ids.has(id)), ...grants];
  }

  private get cutting(): boolean {
    return this.wanted.cut && !this.cutNow;
  }

  /** Null when the destination does not want it, which is said then. The first write cuts off what is inherited. */
  private async write(what: 'invite' | 'createLink', body: Raw, repeatable: boolean, divisible = false): Promise<Raw | null | 'one by one'> {
    const { drive, itemId, signal } = this;
    try {
      const answer = await drive.port.post<Raw>(`${drive.item(itemId)}/${what}`, { ...body, ...(this.cutting ? { retainInheritedPermissions: false } : {}) }, drive.options(signal, { budget: { kind: 'files', sharing: true }, repeatable, units: permissionUnits }));
      this.cutNow ||= this.wanted.cut;
      return answer;
    } catch (error) {
      if (!(error instanceof GraphRequestError) || (error.kind !== 'forbidden' && error.kind !== 'bad_request')) throw error;
      if (divisible) return 'one by one';
      this.wanted.withheld.add(error.kind === 'forbidden' ? 'SHARING_FORBIDDEN' : 'SHARING_REFUSED');
      this.words = graphWords(error);
      return null;
    }
  }

  private async delete(id: string): Promise<void> {
    const { drive, itemId, signal } = this;
    try {
      await drive.port.delete(`${drive.item(itemId)}/permissions/${segment(id)}`, drive.options(signal, { repeatable: true, units: permissionUnits }));
    } catch (error) {
      if (!(error instanceof GraphRequestError) || error.kind !== 'not_found') throw error;
    }
    this.own = this.own.filter((grant) => grant.id !== id);
  }
}

const ending = ({ until }: Pick<WantedGrant, 'until'>): Raw => (until === null ? {} : { expirationDateTime: until });

/** A direct grant names one person. */
const onePerPerson = (grant: WantedGrant): WantedGrant[] => (grant.link === null ? grant.to.map((id) => ({ ...grant, to: [id] })) : [grant]);

/** Grants of one role and one end are made at once. */
function invitations(grants: readonly WantedGrant[]): WantedGrant[][] {
  const groups = new Map<string, WantedGrant[]>();
  for (const grant of grants) if (grant.link === null) groups.set(`${grant.role} ${grant.until ?? ''}`, [...(groups.get(`${grant.role} ${grant.until ?? ''}`) ?? []), grant]);
  return [...groups.values()].flatMap((group) => Array.from({ length: Math.ceil(group.length / recipientsMax) }, (_each, index) => group.slice(index * recipientsMax, (index + 1) * recipientsMax)));
}
