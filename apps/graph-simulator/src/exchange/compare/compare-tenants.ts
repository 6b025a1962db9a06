/** Compares two tenants by a mapping. Shares no code with the migration: it reads both stores. */
import type { SimTenant } from '../../world/tenant.js';
import type { Mailbox } from '../store/mailbox.js';
import { compareMailboxes, noItems, type ItemCounts, type MailboxComparison } from './compare-mailboxes.js';
import { compareSettings } from './compare-settings.js';

export interface CompareRequest {
  /** Source to destination user names; default: the same name before the @. */
  mapping?: readonly { source: string; dest: string }[] | undefined;
  /** Only these sources; default: every mailbox. */
  mailboxes?: readonly string[] | undefined;
  /** Examples of each kind at most. */
  examplesMax: number;
}

export interface TenantComparison {
  /** Nothing missing, extra, doubled, different or harmed, and no mail has left. */
  equal: boolean;
  items: ItemCounts;
  folders: { expected: number; missing: number; extra: number; differs: number };
  settings: { expected: number; matched: number; missing: number; differs: number };
  /** Size of the matched items at the source. */
  bytes: number;
  /** Invitations, updates, cancellations and messages that left a compared mailbox. */
  outboundMail: number;
  /** Source mailboxes without a counterpart; they are not compared. */
  withoutDestination: string[];
  examples: Record<string, unknown[]>;
  mailboxes: Pick<MailboxComparison, 'source' | 'dest' | 'items' | 'folders' | 'bytes'>[];
}

/** A mapping or selection names somebody who is not there. */
export class UnknownMailbox extends Error {}

const local = (address: string): string => (address.split('@')[0] ?? '').toLowerCase();
/** Adds numbers of the same names. */
const sum = <T extends object>(into: T, from: T): void => {
  for (const name of Object.keys(from) as (keyof T)[]) into[name] = ((into[name] as number) + (from[name] as number)) as T[keyof T];
};

/** Throws UnknownMailbox. Nobody may write to either tenant while it runs. */
export async function compareTenants(source: SimTenant, dest: SimTenant, request: CompareRequest): Promise<TenantComparison> {
  const total: Omit<TenantComparison, 'equal'> = { items: noItems(), folders: { expected: 0, missing: 0, extra: 0, differs: 0 }, settings: { expected: 0, matched: 0, missing: 0, differs: 0 }, bytes: 0, outboundMail: 0, withoutDestination: [], examples: { missing: [], extra: [], doubled: [], differs: [], refused: [], kept: [], harmed: [], folders: [], settings: [], outboundMail: [] }, mailboxes: [] };
  const example = (kind: string, list: readonly unknown[]): void => {
    const known = (total.examples[kind] ??= []);
    known.push(...list.slice(0, Math.max(0, request.examplesMax - known.length)));
  };
  for (const [counterpart, sources] of mapped(source, dest, request, total.withoutDestination)) {
    const one = await compareMailboxes(sources, counterpart, request.examplesMax);
    sum(total.items, one.items);
    sum(total.folders, one.folders);
    total.bytes += one.bytes;
    for (const [kind, list] of Object.entries(one.examples)) example(kind, list);
    for (const mailbox of sources) {
      const { examples, ...counts } = compareSettings(mailbox, counterpart);
      sum(total.settings, counts);
      example('settings', examples);
    }
    for (const mailbox of [...sources, counterpart]) {
      total.outboundMail += mailbox.outboundMail.length;
      example('outboundMail', mailbox.outboundMail.map((mail) => ({ mailbox: mailbox.address, ...mail })));
    }
    total.mailboxes.push({ source: one.source, dest: one.dest, items: one.items, folders: one.folders, bytes: one.bytes });
  }
  const { items, folders, settings, outboundMail } = total;
  const wrong = items.missing + items.extra + items.doubled + items.differs + items.harmed + folders.missing + folders.extra + folders.differs + settings.missing + settings.differs + outboundMail;
  return { equal: wrong === 0, ...total };
}

/** Destination mailboxes with the sources that go into them. */
function mapped(source: SimTenant, dest: SimTenant, { mapping, mailboxes }: CompareRequest, without: string[]): Map<Mailbox, Mailbox[]> {
  const find = (tenant: SimTenant, name: string): Mailbox => {
    const mailbox = tenant.exchange.mailbox(tenant.findUser(name)?.id ?? '');
    if (mailbox === undefined) throw new UnknownMailbox(`There is no mailbox '${name}' in ${tenant.domain}.`);
    return mailbox;
  };
  const named = new Map(mapping?.map((each) => [find(source, each.source), find(dest, each.dest)]));
  const byName = new Map(dest.exchange.mailboxes.map((mailbox) => [local(mailbox.address), mailbox]));
  const groups = new Map<Mailbox, Mailbox[]>();
  for (const mailbox of mailboxes?.map((name) => find(source, name)) ?? source.exchange.mailboxes) {
    const counterpart = named.get(mailbox) ?? byName.get(local(mailbox.address));
    if (counterpart === undefined) without.push(mailbox.address);
    else groups.set(counterpart, [...(groups.get(counterpart) ?? []), mailbox]);
  }
  return groups;
}
