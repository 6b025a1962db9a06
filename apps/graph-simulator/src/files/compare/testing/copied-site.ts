/** The plainest copy of a site through Graph, one thing after another: what the comparison is tried on. */
import type { Reply, TestSimulator } from '../../../testing/test-simulator.js';

type Json = Record<string, unknown>;
const facets = ['text', 'number', 'currency', 'boolean', 'choice', 'dateTime', 'personOrGroup', 'lookup', 'calculated'] as const;
const creatable = /^(e377ea37|0f087d7f|df8e44e7|2161a1c6|b7dd04e1|d1d91016|af8be689|6410b3b6|e84a8ca2|7f718435|c70391ea|8654b779|544dd15b|cbe7b0a9)/;
const values = (json: Json): Json[] => (json['value'] ?? []) as Json[];

export class CopiedSite {
  constructor(
    private readonly sim: TestSimulator,
    private readonly from: string,
    private readonly to: string,
    private readonly token: string,
  ) {}

  /** Reads at the destination. */
  async read(path: string): Promise<Json> {
    return this.#at(await this.sim.call('GET', `${this.to}${path}`, { token: this.token }));
  }

  async library(title: string, fields: readonly string[]): Promise<void> {
    if (title !== 'Documents') await this.#send('POST', `${this.to}/lists`, { displayName: title, list: { template: 'documentLibrary' } });
    await this.#columns(title);
    const drive = (await this.#source(`/lists/${title}/drive`))['id'] as string;
    const copy = (await this.read(`/lists/${title}/drive`))['id'] as string;
    for (const file of values(this.#at(await this.sim.call('GET', `/v1.0/drives/${drive}/root/children?$top=999`)))) {
      const link = new URL(String(file['@microsoft.graph.downloadUrl']));
      const reply = await fetch(new URL(link.pathname + link.search, `http://127.0.0.1:${String(this.sim.port)}`), { headers: { 'x-original-host': link.host } });
      const bytes = Buffer.from(await reply.arrayBuffer());
      const session = await this.#send('POST', `/v1.0/drives/${copy}/root:/${encodeURIComponent(String(file['name']))}:/createUploadSession`, { item: { fileSystemInfo: file['fileSystemInfo'] } });
      const made = this.#at(await this.sim.call('PUT', String(session['uploadUrl']), { token: null, raw: bytes, headers: { 'content-range': `bytes 0-${String(bytes.length - 1)}/${String(bytes.length)}` } }));
      if (fields.length === 0) continue;
      const { fields: read } = this.#at(await this.sim.call('GET', `/v1.0/drives/${drive}/items/${String(file['id'])}/listItem?$expand=fields`)) as { fields: Json };
      const said = ['Title', ...fields].filter((name) => read[name] !== undefined);
      if (said.length === 0) continue;
      await this.#send('PATCH', `/v1.0/drives/${copy}/items/${String(made['id'])}/listItem/fields`, Object.fromEntries(said.map((name) => [name, read[name]])));
      await this.#send('PATCH', `/v1.0/drives/${copy}/items/${String(made['id'])}`, { fileSystemInfo: file['fileSystemInfo'] });
    }
  }

  /** Lists in an order in which those that others look up come first. */
  async lists(titles: readonly string[]): Promise<void> {
    const ids = new Map<string, Map<string, string>>();
    const people = await this.#people();
    for (const title of titles) {
      const list = await this.#source(`/lists/${title}`);
      const made = await this.#send('POST', `${this.to}/lists`, { displayName: title, description: list['description'], list: { template: 'genericList' } });
      await this.#columns(title, new Map([[String(list['id']), String(made['id'])]]));
      const columns = values(await this.#source(`/lists/${title}/columns`)).filter((column) => column['isDeletable'] === true);
      const copies = new Map<string, string>();
      ids.set(String(list['id']), copies);
      const items = await this.#all(`${this.from}/lists/${title}/items?$expand=fields`);
      const wanted = (item: Json, lookupsToo: boolean): Json => this.#fields(item['fields'] as Json, columns, people, lookupsToo ? ids : null);
      for (const item of items) copies.set(String(item['id']), String((await this.#send('POST', `${this.to}/lists/${title}/items`, { fields: wanted(item, false) }))['id']));
      for (const item of items) if (columns.some((column) => column['lookup'] !== undefined)) await this.#send('PATCH', `${this.to}/lists/${title}/items/${copies.get(String(item['id'])) ?? ''}/fields`, wanted(item, true));
    }
  }

  async pages(): Promise<void> {
    const cast = 'microsoft.graph.sitePage';
    const [here, there] = [await this.#source(''), await this.read('')];
    const ids = (site: Json): string[] => [String(site['webUrl']), ...String(site['id']).split(',').slice(1)];
    const rewritten = (value: unknown): unknown => JSON.parse(ids(here).reduce((text, each, at) => text.replaceAll(each, ids(there)[at] ?? ''), JSON.stringify(value ?? null))) as unknown;
    for (const { id, name } of values(await this.#source(`/pages/${cast}`))) {
      if (name === 'Home.aspx') continue;
      const page = await this.#source(`/pages/${String(id)}/${cast}?$expand=canvasLayout`);
      const part = (each: Json): Json => (each['webPartType'] !== undefined && !creatable.test(String(each['webPartType'])) ? { '@odata.type': '#microsoft.graph.textWebPart', innerHtml: '<p>not carried</p>' } : each);
      const canvas = page['canvasLayout'] as { horizontalSections: { columns: { webparts: Json[] }[] }[]; verticalSection?: { webparts: Json[] } };
      const columns = [...canvas.horizontalSections.flatMap((section) => section.columns), ...(canvas.verticalSection === undefined ? [] : [canvas.verticalSection])];
      for (const column of columns) column.webparts = column.webparts.map(part);
      const { title, description, pageLayout, promotionKind, titleArea, showComments, showRecommendedPages } = page;
      const made = await this.#send('POST', `${this.to}/pages`, { '@odata.type': '#microsoft.graph.sitePage', name, title, description, pageLayout, promotionKind, titleArea, showComments, showRecommendedPages, canvasLayout: rewritten(canvas) });
      if ((page['publishingState'] as Json)['level'] === 'published') await this.#send('POST', `${this.to}/pages/${String(made['id'])}/${cast}/publish`, undefined);
    }
  }

  async #columns(title: string, lists = new Map<string, string>()): Promise<void> {
    const made = new Set(values(await this.read(`/lists/${title}/columns`)).map(({ name }) => name));
    for (const column of values(await this.#source(`/lists/${title}/columns`))) {
      const facet = facets.find((each) => column[each] !== undefined);
      if (column['isDeletable'] !== true || facet === undefined || made.has(column['name'])) continue;
      const { name, displayName, indexed } = column;
      const lookup = column['lookup'] as Json | undefined;
      const target = lookup === undefined ? undefined : (lists.get(String(lookup['listId'])) ?? (await this.read(`/lists/${String((await this.#source(`/lists/${String(lookup['listId'])}`))['displayName'])}`))['id']);
      await this.#send('POST', `${this.to}/lists/${title}/columns`, { name, displayName, indexed, [facet]: lookup === undefined ? column[facet] : { ...lookup, listId: target } });
    }
  }

  #fields(fields: Json, columns: readonly Json[], people: ReadonlyMap<string, string>, ids: ReadonlyMap<string, ReadonlyMap<string, string>> | null): Json {
    const out: Json = { Title: fields['Title'] };
    for (const column of columns) {
      const name = String(column['name']);
      const lookup = column['lookup'] as Json | undefined;
      const map = column['personOrGroup'] !== undefined ? people : lookup === undefined ? null : (ids?.get(String(lookup['listId'])) ?? new Map<string, string>());
      if (map !== null) {
        const single = fields[`${name}LookupId`];
        const several = fields[name] as Json[] | undefined;
        if (single !== undefined && map.has(String(single))) out[`${name}LookupId`] = map.get(String(single));
        if (several !== undefined) Object.assign(out, { [`${name}LookupId@odata.type`]: 'Collection(Edm.Int32)', [`${name}LookupId`]: several.flatMap(({ LookupId }) => (map.has(String(LookupId)) ? [Number(map.get(String(LookupId)))] : [])) });
      } else if (column['calculated'] === undefined && facets.some((facet) => column[facet] !== undefined) && fields[name] !== undefined) {
        if (Array.isArray(fields[name])) out[`${name}@odata.type`] = 'Collection(Edm.String)';
        out[name] = fields[name];
      }
    }
    return out;
  }

  /** Numbers of people at the source by those at the destination, by what stands before the @. */
  async #people(): Promise<Map<string, string>> {
    const path = "/lists('User Information List')/items?$expand=fields";
    const named = (json: Json): [string, string][] => values(json).map(({ id, fields }) => [String((fields as Json)['UserName'] ?? '').split('@')[0] ?? '', String(id)]);
    const there = new Map(named(await this.read(path)));
    return new Map(named(await this.#source(path)).flatMap(([name, id]) => (name !== '' && there.has(name) ? [[id, there.get(name) ?? '']] : [])));
  }

  async #all(path: string): Promise<Json[]> {
    const items: Json[] = [];
    for (let next: string | undefined = path; next !== undefined; ) {
      const page = this.#at(await this.sim.call('GET', next));
      items.push(...values(page));
      next = page['@odata.nextLink'] as string | undefined;
    }
    return items;
  }

  async #source(path: string): Promise<Json> {
    return this.#at(await this.sim.call('GET', `${this.from}${path}`));
  }

  async #send(method: string, path: string, body: unknown): Promise<Json> {
    return this.#at(await this.sim.call(method, path, { token: this.token, ...(body === undefined ? {} : { body }) }));
  }

  #at(reply: Reply): Json {
    if (reply.status >= 400) throw new Error(`${String(reply.status)} ${reply.text}`);
    return reply.json ?? {};
  }
}
