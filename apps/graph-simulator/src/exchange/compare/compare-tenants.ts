/** Compares two tenants by a mapping. Shares no code with the migration: it reads both stores. */
import type { SimTenant } from '../../world/tenant.js';
import type { Mailbox } from '../store/mailbox.js';
import { compareMailboxes, type Example, type MailboxComparison } from './compare-mailboxes.js';
import { compareSettings } from './compare-settings.js';

export interface CompareRequest {
  /** Source to destination user names; default: the same name before the @. */
  mapping?: readonly { source: string; dest: string }[] | undefined;
  /** Only these sources; default: every mailbox. */
  mailboxes?: readonly string[] | undefined;
  /** Examples of each kind at most. */
  examplesMax: number;
}

const local = (address: string): string => (address.split('@')[0] ?? '').toLowerCase();
/** Adds numbers of the same names. */
const sum = (into: Record<string, number>, from: Readonly<Record<string, number>>): void => {
  for (const [name, value] of Object.entries(from)) into[name] = (into[name] ?? 0) + value;
};

export function compareTenants(source: SimTenant, dest: SimTenant, request: CompareRequest) {
  const mailboxOf = (tenant: SimTenant, name: string): Mailbox | undefined => tenant.exchange.mailbox(tenant.findUser(name)?.id ?? '');
  const wanted = request.mailboxes?.map((name) => name.toLowerCase());
  const sources = source.exchange.mailboxes.filter((mailbox) => wanted === undefined || wanted.includes(mailbox.address.toLowerCase()));
  const total = { items: { expected: 0, matched: 0, missing: 0, extra: 0, doubled: 0, differs: 0, refused: 0 }, folders: { expected: 0, missing: 0, extra: 0, differs: 0 }, settings: { expected: 0, matched: 0, missing: 0, differs: 0 } };
  const examples: Record<string, unknown[]> = { missing: [], extra: [], doubled: [], differs: [], refused: [], folders: [], settings: [] };
  const withoutDestination: string[] = [];
  const mailboxes: Pick<MailboxComparison, 'source' | 'dest' | 'items' | 'folders'>[] = [];
  let bytes = 0;
  let outboundMail = 0;
  for (const mailbox of sources) {
    const named = request.mapping?.find((each) => each.source.toLowerCase() === mailbox.address.toLowerCase())?.dest;
    const counterpart = named === undefined ? dest.exchange.mailboxes.find((each) => local(each.address) === local(mailbox.address)) : mailboxOf(dest, named);
    outboundMail += mailbox.outboundMail.length + (counterpart?.outboundMail.length ?? 0);
    if (counterpart === undefined) {
      withoutDestination.push(mailbox.address);
      continue;
    }
    const one = compareMailboxes(mailbox, counterpart);
    const settings = compareSettings(mailbox, counterpart);
    sum(total.items, one.items);
    sum(total.folders, one.folders);
    const { examples: settingExamples, ...settingCounts } = settings;
    sum(total.settings, settingCounts);
    bytes += one.bytes;
    for (const [kind, list] of Object.entries(one.examples) as [string, Example[]][]) examples[kind]?.push(...list);
    examples['settings']?.push(...settingExamples);
    mailboxes.push({ source: one.source, dest: one.dest, items: one.items, folders: one.folders });
  }
  const { items, folders, settings } = total;
  const equal = items.missing + items.extra + items.doubled + items.differs + folders.missing + folders.extra + folders.differs + settings.missing + settings.differs + outboundMail === 0;
  return { equal, ...total, bytes, outboundMail, withoutDestination, examples: Object.fromEntries(Object.entries(examples).map(([kind, list]) => [kind, list.slice(0, request.examplesMax)])), mailboxes };
}
