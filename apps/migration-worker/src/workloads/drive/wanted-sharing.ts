/** From what a thing of the source grants to what its copy is to grant. Whoever has no counterpart is left out and said, never guessed. */
import type { SkipCause } from '@migrator/contracts/outcomes';
import type { Identity, People } from '../workload.js';
import type { Grant, Link, Role } from './grants.js';
import type { Sharing } from './shares.js';

/** Object ids of the destination. */
export interface WantedGrant {
  readonly role: Role;
  readonly to: readonly string[];
  readonly link: Link | null;
  readonly until: string | null;
}

export type Withheld = Extract<SkipCause, 'IDENTITY_UNRESOLVED' | 'LINK_HAS_PASSWORD' | 'SHARING_NOT_PORTABLE' | 'SHARING_FORBIDDEN' | 'SHARING_REFUSED'>;
/** Of several reasons the first one is told: it can be helped soonest. */
const inOrder: readonly Withheld[] = ['SHARING_FORBIDDEN', 'IDENTITY_UNRESOLVED', 'SHARING_REFUSED', 'LINK_HAS_PASSWORD', 'SHARING_NOT_PORTABLE'];
export const toldFirst = (reasons: ReadonlySet<Withheld>): Withheld | null => inOrder.find((reason) => reasons.has(reason)) ?? null;

export interface WantedSharing {
  readonly grants: readonly WantedGrant[];
  /** Why something of it is left out. */
  readonly withheld: Set<Withheld>;
  /** The copy is to grant nothing that its folder does. */
  readonly cut: boolean;
}

export async function wantedSharing({ own, all, cut }: Sharing, people: People): Promise<WantedSharing> {
  const { grants, withheld } = await counterparts(own, people);
  // Groups of a site cannot be added again once inheritance is cut.
  if (cut && all.some(({ link, full, to }) => link === null && !full && to.includes(null))) withheld.add('SHARING_NOT_PORTABLE');
  return { grants, withheld, cut };
}

/** What grants come to at the destination. */
export async function counterparts(grants: readonly Grant[], people: People): Promise<{ grants: WantedGrant[]; withheld: Set<Withheld> }> {
  const withheld = new Set<Withheld>();
  const alive = grants.filter((grant) => !hasEnded(grant));
  const names = alive.flatMap(({ to }) => to.filter((name) => name !== null));
  const known = names.length === 0 ? new Map<string, Identity>() : await people.find(names);
  const wanted = alive.flatMap((grant): WantedGrant[] => {
    const refused = notPortable(grant);
    if (refused !== null) {
      if (refused !== 'nothing') withheld.add(refused);
      return [];
    }
    const to: string[] = [];
    for (const name of grant.to) {
      const identity = name === null ? undefined : known.get(name);
      if (identity?.dest != null) to.push(identity.dest.microsoftId);
      else if (name === null) withheld.add('SHARING_NOT_PORTABLE');
      else if (identity?.how !== 'excluded') withheld.add('IDENTITY_UNRESOLVED');
    }
    // A link that was for people alone is not made for nobody.
    if (to.length === 0 && (grant.link === null || (grant.link.scope === 'users' && grant.to.length > 0))) return [];
    return [{ role: grant.role ?? 'read', to: to.sort(), link: grant.link, until: grant.until }];
  });
  return { grants: wanted, withheld };
}

/** What Graph cannot make; `nothing`: it grants nobody anything. */
function notPortable({ role, full, link, password }: Grant): Withheld | 'nothing' | null {
  if (link === null) return full || role === null ? 'SHARING_NOT_PORTABLE' : null;
  if (link.scope === 'existingAccess') return 'nothing';
  if (password) return 'LINK_HAS_PASSWORD';
  return ['view', 'edit'].includes(link.type) && ['users', 'organization', 'anonymous'].includes(link.scope) ? null : 'SHARING_NOT_PORTABLE';
}

const hasEnded = ({ until }: Grant): boolean => until !== null && Date.parse(until) <= Date.now();

/** What a copy grants, in the same terms; null for what is not ours to compare. */
export function asWanted({ role, full, link, to, until }: Grant): WantedGrant | null {
  if (full || role === null || (link === null && to.includes(null))) return null;
  return { role, to: to.filter((name) => name !== null).sort(), link, until };
}

/** Equal for equal grants. */
export const wantedWords = ({ role, to, link, until }: WantedGrant): string => `${link === null ? role : `${link.type} link for ${link.scope}`} ${to.join(',')}${until === null ? '' : ` until ${until}`}`;
