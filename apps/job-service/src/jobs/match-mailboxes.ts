/** Which mailbox goes where: the listed or all discovered sources, the mappings given, and the automatic match by the name before the @. Pure. */
import type { EmailOptions } from '@migrator/contracts/api/jobs';
import type { FieldError } from '@migrator/contracts/errors';
import type { InternalUser } from '@migrator/contracts/internal';

/** What matching needs to know of a person; kept small, for there may be a hundred thousand. */
export type Mailbox = Pick<InternalUser, 'id' | 'microsoftId' | 'upn' | 'mail' | 'hasMailbox' | 'sizeBytes'>;

/** One source and its destination; `dest` is null when there is none. */
export interface Match {
  source: Mailbox;
  dest: Mailbox | null;
}

const fold = (text: string): string => text.toLowerCase();
const localPart = (address: string): string => fold(address.includes('@') ? address.slice(0, address.lastIndexOf('@')) : address);

/** Finds people by UPN, mail address or discovered id; built once for all jobs of a batch. */
export class Directory {
  readonly #byName = new Map<string, Mailbox>();
  readonly #byLocalPart = new Map<string, Mailbox[]>();

  constructor(
    readonly people: readonly Mailbox[],
    /** The tenant's domain: of several people with one name before the @, the one in it is meant. */
    readonly domain: string,
  ) {
    for (const person of people) if (person.mail !== null) this.#byName.set(fold(person.mail), person);
    for (const person of people) {
      // Set last, so that a UPN wins over another person's mail address.
      this.#byName.set(fold(person.upn), person);
      this.#byName.set(fold(person.id), person);
      const local = localPart(person.upn);
      const same = this.#byLocalPart.get(local);
      if (same === undefined) this.#byLocalPart.set(local, [person]);
      else same.push(person);
    }
  }

  /** The person with this UPN, mail address or discovered id. */
  find(name: string): Mailbox | null {
    return this.#byName.get(fold(name)) ?? null;
  }

  /** The one person with this name before the @; null when there is none, or no telling which. */
  match(upn: string): Mailbox | null {
    const candidates = this.#byLocalPart.get(localPart(upn)) ?? [];
    if (candidates.length <= 1) return candidates[0] ?? null;
    const inDomain = candidates.filter((person) => fold(person.upn).endsWith(`@${fold(this.domain)}`));
    if (inDomain.length === 1) return inDomain[0] ?? null;
    const withMailbox = candidates.filter((person) => person.hasMailbox);
    return withMailbox.length === 1 ? (withMailbox[0] ?? null) : null;
  }
}

/** Matches, and every problem that forbids the job; `path` is where the options stand in the body. */
export function matchMailboxes(source: Directory, dest: Directory, options: EmailOptions, path: string): { matches: Match[]; problems: FieldError[] } {
  const problems: FieldError[] = [];
  const mapped = readMappings(source, dest, options, path, problems);
  const matches: Match[] = [];
  const destOf = (person: Mailbox): Mailbox | null => mapped.get(person.id) ?? dest.match(person.upn);

  if (options.mailboxes === undefined) {
    for (const person of source.people) if (person.hasMailbox) matches.push({ source: person, dest: destOf(person) });
  } else {
    const taken = new Set<string>();
    options.mailboxes.forEach((name, index) => {
      const person = source.find(name);
      const at = `${path}.mailboxes.${index}`;
      if (person === null) problems.push({ path: at, message: `“${name}” was not discovered in the source tenant` });
      else if (!person.hasMailbox) problems.push({ path: at, message: `“${name}” has no mailbox in the source tenant` });
      else if (!taken.has(person.id)) {
        taken.add(person.id);
        const target = destOf(person);
        if (target === null) problems.push({ path: at, message: `“${name}” has no match in the destination tenant; map it in mailboxMappings` });
        else matches.push({ source: person, dest: target });
      }
    });
  }
  if (options.merge !== true) problems.push(...sharedDestinations(matches, path));
  return { matches, problems };
}

function readMappings(source: Directory, dest: Directory, options: EmailOptions, path: string, problems: FieldError[]): Map<string, Mailbox> {
  const mapped = new Map<string, Mailbox>();
  options.mailboxMappings?.forEach((mapping, index) => {
    const at = `${path}.mailboxMappings.${index}`;
    const from = source.find(mapping.source);
    const to = dest.find(mapping.dest);
    if (from === null) problems.push({ path: `${at}.source`, message: `“${mapping.source}” was not discovered in the source tenant` });
    if (to === null) problems.push({ path: `${at}.dest`, message: `“${mapping.dest}” was not discovered in the destination tenant` });
    if (from === null || to === null) return;
    const before = mapped.get(from.id);
    if (before !== undefined && before.id !== to.id) problems.push({ path: `${at}.source`, message: `“${mapping.source}” is mapped twice, to different destinations` });
    mapped.set(from.id, to);
  });
  return mapped;
}

function sharedDestinations(matches: readonly Match[], path: string): FieldError[] {
  const sources = new Map<string, { dest: string; from: string[] }>();
  for (const { source, dest } of matches) {
    if (dest === null) continue;
    const entry = sources.get(dest.microsoftId);
    if (entry === undefined) sources.set(dest.microsoftId, { dest: dest.upn, from: [source.upn] });
    else entry.from.push(source.upn);
  }
  return [...sources.values()]
    .filter(({ from }) => from.length > 1)
    .map(({ dest, from }) => ({ path, message: `${from.join(' and ')} would both go to ${dest}; map them apart, or set merge: true` }));
}
