/**
 * The least that a copy of mailboxes takes: the calls of Microsoft's export and import, and nothing else. No ledger, no checkpoints, no
 * repeats, no governor, no settings, no folders to make; what fails ends it. The engine is measured against this.
 */
import { BareGraph, type GraphAccess } from './bare-graph.js';

export interface BareTenant {
  microsoftId: string;
  /** Users of the mailboxes, in the order of the other side's. */
  userIds: readonly string[];
}

export interface BareCopy extends GraphAccess {
  source: BareTenant;
  destination: BareTenant;
  /** Mailboxes under way at once. */
  mailboxesAtOnce: number;
  /** Requests in flight per mailbox. */
  requestsAtOnce: number;
}

/** Ids in one export, at most: what Microsoft takes. */
const exportMax = 20;

interface Exported {
  folderId: string;
  data: string;
}

/** Copies every item of every mailbox. Resolves with their number. */
export async function bareCopy({ source, destination, mailboxesAtOnce, requestsAtOnce, ...access }: BareCopy): Promise<number> {
  const graph = new BareGraph(access);
  const json = { 'content-type': 'application/json' };
  const [from, to] = await Promise.all([graph.signIn(source.microsoftId), graph.signIn(destination.microsoftId)]);

  const copyMailbox = async (sourceUser: string, destUser: string): Promise<number> => {
    const [fromMailbox, toMailbox] = await Promise.all([graph.mailboxOf(sourceUser, from), graph.mailboxOf(destUser, to)]);
    const [folders, counterparts, session] = await Promise.all([
      graph.foldersOf(fromMailbox, from),
      graph.foldersOf(toMailbox, to),
      graph.send('POST', `${toMailbox}/createImportSession`, to) as Promise<{ importUrl: string }>,
    ]);
    const listed: { folderId: string; ids: string[] }[] = [];
    for (const folder of folders) {
      if (folder.totalItemCount === 0) continue;
      const folderId = counterparts.find(({ wellKnownName }) => wellKnownName === folder.wellKnownName)?.id;
      if (folderId === undefined) throw new Error(`There is no ${folder.wellKnownName ?? 'such folder'} at the destination.`);
      for await (const page of graph.itemsOf<{ id: string }>(fromMailbox, from, folder.id, 'id')) {
        for (let at = 0; at < page.length; at += exportMax) listed.push({ folderId, ids: page.slice(at, at + exportMax).map(({ id }) => id) });
      }
    }
    const exported: Exported[] = [];
    let copied = 0;
    const work = async (): Promise<void> => {
      for (;;) {
        const item = exported.pop();
        if (item !== undefined) {
          await graph.send('POST', session.importUrl, json, `{"FolderId":${JSON.stringify(item.folderId)},"Mode":"create","Data":"${item.data}"}`);
          copied += 1;
          continue;
        }
        const next = listed.pop();
        if (next === undefined) return;
        const { value } = (await graph.send('POST', `${fromMailbox}/exportItems`, { ...from, ...json }, JSON.stringify({ itemIds: next.ids }))) as { value: { data: string }[] };
        for (const { data } of value) exported.push({ folderId: next.folderId, data });
      }
    };
    await Promise.all(Array.from({ length: requestsAtOnce }, work));
    return copied;
  };

  let copied = 0;
  const mailboxes = source.userIds.entries();
  const walk = async (): Promise<void> => {
    for (const [index, userId] of mailboxes) {
      const items = await copyMailbox(userId, destination.userIds[index] ?? '');
      copied += items;
    }
  };
  try {
    await Promise.all(Array.from({ length: mailboxesAtOnce }, walk));
  } finally {
    await graph.close();
  }
  return copied;
}
