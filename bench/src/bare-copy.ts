/**
 * The least that a copy of mailboxes takes: the calls of Microsoft's export and import, and nothing else. No ledger, no checkpoints, no
 * repeats, no governor, no settings, no folders to make; what fails ends it. The engine is measured against this, so it shares nothing
 * with the engine but the HTTP client library.
 */
import { Agent, request, type Dispatcher } from 'undici';

export interface BareTenant {
  microsoftId: string;
  /** Users of the mailboxes, in the order of the other side's. */
  userIds: readonly string[];
}

export interface BareCopy {
  /** Where Microsoft's host names are answered. */
  lastHop: string;
  clientId: string;
  clientSecret: string;
  source: BareTenant;
  destination: BareTenant;
  /** Mailboxes under way at once. */
  mailboxesAtOnce: number;
  /** Requests in flight per mailbox. */
  requestsAtOnce: number;
}

/** Ids in one export, and items on one page, at most: what Microsoft takes. */
const exportMax = 20;
const pageMax = 1_000;

interface Exported {
  folderId: string;
  data: string;
}

/** Copies every item of every mailbox. Resolves with their number. */
export async function bareCopy({ lastHop, clientId, clientSecret, source, destination, mailboxesAtOnce, requestsAtOnce }: BareCopy): Promise<number> {
  const agent = new Agent({ connections: 64, pipelining: 1 });
  const send = async (method: Dispatcher.HttpMethod, url: string, headers: Record<string, string>, body?: string): Promise<unknown> => {
    const { host, pathname, search } = new URL(url);
    const response = await request(`${lastHop}${pathname}${search}`, { dispatcher: agent, method, headers: { ...headers, host }, body: body ?? null });
    const text = await response.body.text();
    if (response.statusCode >= 300) throw new Error(`${method} ${pathname} answered ${response.statusCode}: ${text.slice(0, 500)}`);
    return JSON.parse(text);
  };
  const json = { 'content-type': 'application/json' };
  const signIn = async ({ microsoftId }: BareTenant): Promise<Record<string, string>> => {
    const form = new URLSearchParams({ grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret, scope: 'https://graph.microsoft.com/.default' });
    const { access_token: token } = (await send('POST', `https://login.microsoftonline.com/${microsoftId}/oauth2/v2.0/token`, { 'content-type': 'application/x-www-form-urlencoded' }, form.toString())) as { access_token: string };
    return { authorization: `Bearer ${token}` };
  };
  const [from, to] = await Promise.all([signIn(source), signIn(destination)]);
  const mailboxOf = async (userId: string, token: Record<string, string>): Promise<string> => {
    const { primaryMailboxId } = (await send('GET', `https://graph.microsoft.com/v1.0/users/${userId}/settings/exchange`, token)) as { primaryMailboxId: string };
    return `https://graph.microsoft.com/v1.0/admin/exchange/mailboxes/${primaryMailboxId}`;
  };
  const foldersOf = async (mailbox: string, token: Record<string, string>): Promise<{ id: string; wellKnownName: string | null; totalItemCount: number }[]> => {
    const { value } = (await send('GET', `${mailbox}/folders?$top=${pageMax}`, token)) as { value: { id: string; wellKnownName: string | null; totalItemCount: number }[] };
    return value;
  };

  const copyMailbox = async (sourceUser: string, destUser: string): Promise<number> => {
    const [fromMailbox, toMailbox] = await Promise.all([mailboxOf(sourceUser, from), mailboxOf(destUser, to)]);
    const [folders, counterparts, session] = await Promise.all([
      foldersOf(fromMailbox, from),
      foldersOf(toMailbox, to),
      send('POST', `${toMailbox}/createImportSession`, to) as Promise<{ importUrl: string }>,
    ]);
    const listed: { folderId: string; ids: string[] }[] = [];
    for (const folder of folders) {
      if (folder.totalItemCount === 0) continue;
      const folderId = counterparts.find(({ wellKnownName }) => wellKnownName === folder.wellKnownName)?.id;
      if (folderId === undefined) throw new Error(`There is no ${folder.wellKnownName ?? 'such folder'} at the destination.`);
      for (let next: string | undefined = `${fromMailbox}/folders/${encodeURIComponent(folder.id)}/items?$top=${pageMax}&$select=id`; next !== undefined; ) {
        const page = (await send('GET', next, from)) as { value: { id: string }[]; '@odata.nextLink'?: string };
        for (let at = 0; at < page.value.length; at += exportMax) listed.push({ folderId, ids: page.value.slice(at, at + exportMax).map(({ id }) => id) });
        next = page['@odata.nextLink'];
      }
    }
    const exported: Exported[] = [];
    let copied = 0;
    const work = async (): Promise<void> => {
      for (;;) {
        const item = exported.pop();
        if (item !== undefined) {
          await send('POST', session.importUrl, json, `{"FolderId":${JSON.stringify(item.folderId)},"Mode":"create","Data":"${item.data}"}`);
          copied += 1;
          continue;
        }
        const next = listed.pop();
        if (next === undefined) return;
        const { value } = (await send('POST', `${fromMailbox}/exportItems`, { ...from, ...json }, JSON.stringify({ itemIds: next.ids }))) as { value: { data: string }[] };
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
    await agent.close();
  }
  return copied;
}
