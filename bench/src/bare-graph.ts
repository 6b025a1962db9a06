/** Microsoft's calls with nothing around them: no repeats, no governor; what fails ends it. It shares nothing with the product but the HTTP client library. */
import { Agent, buildConnector, request, type Dispatcher } from 'undici';

export interface GraphAccess {
  /** Where Microsoft's host names are answered. */
  lastHop: string;
  clientId: string;
  clientSecret: string;
}

/** Headers of a tenant's token. */
export type Token = Record<string, string>;

export interface BareFolder {
  id: string;
  displayName: string;
  parentFolderId: string | null;
  type: string | null;
  wellKnownName: string | null;
  totalItemCount: number;
}

/** Items and folders on one page, at most: what Microsoft takes. */
const pageMax = 1_000;

export const graph = 'https://graph.microsoft.com/v1.0';

export class BareGraph {
  readonly #agent: Agent;
  readonly #overTls: boolean;

  constructor(private readonly access: GraphAccess) {
    const { protocol, hostname, port } = new URL(access.lastHop);
    this.#overTls = protocol === 'https:';
    const connect = buildConnector({});
    // Over TLS each host has its own connections, as at Microsoft.
    this.#agent = new Agent({ connections: 64, pipelining: 1, ...(this.#overTls ? { connect: (options, done) => { connect({ ...options, hostname, port, servername: options.hostname }, done); } } : {}) });
  }

  async send(method: Dispatcher.HttpMethod, url: string, headers: Record<string, string>, body?: string | Uint8Array): Promise<unknown> {
    const answer = await this.#request(method, url, headers, body);
    return JSON.parse(await answer.text());
  }

  /** Bytes from an address that carries its own permission. */
  async bytes(url: string, headers: Record<string, string> = {}): Promise<Uint8Array> {
    return (await this.#request('GET', url, headers)).bytes();
  }

  async #request(method: Dispatcher.HttpMethod, url: string, headers: Record<string, string>, body?: string | Uint8Array): Promise<Dispatcher.ResponseData['body']> {
    const { host, pathname, search } = new URL(url);
    const response = await request(this.#overTls ? url : `${this.access.lastHop}${pathname}${search}`, { dispatcher: this.#agent, method, headers: { ...headers, host }, body: body ?? null });
    if (response.statusCode >= 300) throw new Error(`${method} ${pathname} answered ${response.statusCode}: ${(await response.body.text()).slice(0, 500)}`);
    return response.body;
  }

  async signIn(tenantId: string): Promise<Token> {
    const { clientId, clientSecret } = this.access;
    const form = new URLSearchParams({ grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret, scope: 'https://graph.microsoft.com/.default' });
    const { access_token: token } = (await this.send('POST', `https://login.microsoftonline.com/${tenantId}/oauth2/v2.0/token`, { 'content-type': 'application/x-www-form-urlencoded' }, form.toString())) as { access_token: string };
    return { authorization: `Bearer ${token}` };
  }

  /** The address of a user's OneDrive, and the id of its root. */
  async driveOf(userId: string, token: Token): Promise<{ drive: string; id: string; rootId: string }> {
    const { id } = (await this.send('GET', `${graph}/users/${userId}/drive?$select=id`, token)) as { id: string };
    const root = (await this.send('GET', `${graph}/drives/${id}/root?$select=id`, token)) as { id: string };
    return { drive: `${graph}/drives/${id}`, id, rootId: root.id };
  }

  /** The address of a user's mailbox in the import and export API. */
  async mailboxOf(userId: string, token: Token): Promise<string> {
    const { primaryMailboxId } = (await this.send('GET', `${graph}/users/${userId}/settings/exchange`, token)) as { primaryMailboxId: string };
    return `${graph}/admin/exchange/mailboxes/${primaryMailboxId}`;
  }

  /** The folders at the top of a mailbox, or below a folder. */
  async foldersOf(mailbox: string, token: Token, parent?: string): Promise<BareFolder[]> {
    const { value } = (await this.send('GET', `${mailbox}/folders${parent === undefined ? '' : `/${encodeURIComponent(parent)}/childFolders`}?$top=${pageMax}`, token)) as { value: BareFolder[] };
    return value;
  }

  /** Pages of a folder's items with the fields asked for. */
  async *itemsOf<T>(mailbox: string, token: Token, folderId: string, select: string): AsyncGenerator<T[]> {
    for (let next: string | undefined = `${mailbox}/folders/${encodeURIComponent(folderId)}/items?$top=${pageMax}&$select=${select}`; next !== undefined; ) {
      const page = (await this.send('GET', next, token)) as { value: T[]; '@odata.nextLink'?: string };
      yield page.value;
      next = page['@odata.nextLink'];
    }
  }

  close(): Promise<void> {
    return this.#agent.close();
  }
}
