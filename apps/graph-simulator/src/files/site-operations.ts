/** Control operations on sites: two held against each other, and what their people do to lists and pages. */
import { z } from 'zod';
import { ControlError, type ControlRoute } from '../control/control-route.js';
import { GraphFault } from '../http/route.js';
import type { World } from '../world/world.js';
import { compareSites } from './compare/compare-sites.js';
import { nowOf } from './drives/drive-access.js';
import type { Actor } from './drives/item.js';
import { invitationsSent } from './drives/permission-routes.js';
import { system } from './drives/site-drives.js';
import { readNewColumn } from './lists/column-input.js';
import { readFields } from './lists/field-values.js';
import { LibraryRows } from './lists/library-rows.js';
import type { Row, Rows } from './lists/row.js';
import type { SiteList } from './lists/site-list.js';
import { listsOf, type SiteLists } from './lists/site-lists.js';
import { counterpart, Place, siteNamed, tenantNamed } from './named-places.js';
import type { Page } from './pages/page.js';
import { readNewPage } from './pages/page-input.js';
import { pagesOf, type SitePages } from './pages/site-pages.js';

const Compare = z.strictObject({
  source: z.string(),
  destination: z.string(),
  sites: z.array(z.strictObject({ source: z.string(), dest: z.string() })).min(1),
  /** User names of the source by those of the destination. */
  people: z.record(z.string(), z.string()).default({}),
  deepBytesMax: z.int().min(0).default(64 * 1024 ** 2),
  versions: z.boolean().default(true),
  versionsMax: z.int().min(1).default(50_000),
  permissions: z.boolean().default(true),
  examplesMax: z.int().min(0).max(1_000).default(20),
});

const list = z.string();
const item = z.int().min(1);
const fields = z.record(z.string(), z.unknown());
const Step = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('addList'), list, columns: z.array(z.unknown()).default([]) }),
  z.strictObject({ kind: z.literal('addColumn'), list, column: z.unknown() }),
  z.strictObject({ kind: z.literal('removeColumn'), list, column: z.string() }),
  z.strictObject({ kind: z.literal('addItem'), list, fields }),
  z.strictObject({ kind: z.literal('editItem'), list, item, fields }),
  z.strictObject({ kind: z.literal('doubleItem'), list, item }),
  z.strictObject({ kind: z.literal('deleteItem'), list, item }),
  z.strictObject({ kind: z.literal('setType'), list, item, type: z.string() }),
  z.strictObject({ kind: z.literal('addPage'), page: z.string(), title: z.string() }),
  z.strictObject({ kind: z.literal('editPage'), page: z.string(), title: z.string() }),
  z.strictObject({ kind: z.literal('deletePage'), page: z.string() }),
  z.strictObject({ kind: z.literal('know'), user: z.string() }),
]);
type Step = z.output<typeof Step>;

interface Scene { readonly lists: SiteLists; readonly pages: SitePages; readonly by: Actor }

function listNamed({ lists }: Scene, name: string): SiteList {
  const found = lists.find(name);
  if (found === undefined) throw new ControlError(404, `There is no list '${name}'.`);
  return found;
}

function rowNamed(of: SiteList, id: number): Row {
  const row = of.rows.item(id);
  if (row === undefined) throw new ControlError(404, `There is no item ${String(id)}.`);
  return row;
}

function adderOf({ rows }: SiteList): NonNullable<Rows['add']> {
  if (rows.add === null) throw new ControlError(400, 'Items are not added to this list.');
  return rows.add;
}

function pageNamed({ pages }: Scene, name: string): Page {
  const page = pages.named(name);
  if (page === undefined) throw new ControlError(404, `There is no page '${name}'.`);
  return page;
}

function takeStep(scene: Scene, step: Step, newId: () => string): void {
  const { lists, pages, by } = scene;
  switch (step.kind) {
    case 'addList':
      lists.add({ displayName: step.list, description: '', template: 'genericList', columns: step.columns.map(readNewColumn) });
      return;
    case 'addColumn':
      lists.addColumn(listNamed(scene, step.list), readNewColumn(step.column));
      return;
    case 'removeColumn': {
      const of = listNamed(scene, step.list);
      const column = of.column(step.column);
      if (column === undefined) throw new ControlError(404, `There is no column '${step.column}'.`);
      of.removeColumn(column);
      return;
    }
    case 'addItem': {
      const of = listNamed(scene, step.list);
      adderOf(of)(readFields(lists, of, step.fields, null), of.contentTypes[0]?.id ?? '', by);
      return;
    }
    case 'editItem': {
      const of = listNamed(scene, step.list);
      const row = rowNamed(of, step.item);
      of.rows.change(row, readFields(lists, of, step.fields, row), by);
      return;
    }
    case 'doubleItem': {
      const of = listNamed(scene, step.list);
      const { values, contentTypeId } = rowNamed(of, step.item);
      adderOf(of)({ ...values }, contentTypeId, by);
      return;
    }
    case 'deleteItem': {
      const of = listNamed(scene, step.list);
      of.rows.remove(rowNamed(of, step.item));
      return;
    }
    case 'setType': {
      const of = listNamed(scene, step.list);
      const type = of.contentTypes.find(({ name }) => name === step.type);
      if (type === undefined) throw new ControlError(404, `The list has no content type '${step.type}'.`);
      if (!(of.rows instanceof LibraryRows)) throw new ControlError(400, 'Only in libraries content types are set.');
      of.rows.setType(rowNamed(of, step.item), type.id, by);
      return;
    }
    case 'addPage': {
      const text = { '@odata.type': '#microsoft.graph.textWebPart', innerHtml: `<p>${step.title}</p>` };
      const canvasLayout = { horizontalSections: [{ id: '1', layout: 'oneColumn', columns: [{ id: '1', width: 12, webparts: [text] }] }] };
      pages.publish(pages.add(readNewPage({ '@odata.type': '#microsoft.graph.sitePage', name: step.page, title: step.title, canvasLayout }, newId), by));
      return;
    }
    case 'editPage': {
      const page = pageNamed(scene, step.page);
      pages.change(page, { ...page.content, title: step.title }, by);
      pages.publish(page);
      return;
    }
    case 'deletePage':
      pages.remove(pageNamed(scene, step.page));
      return;
    case 'know': {
      const user = lists.tenant.findUser(step.user);
      if (user === undefined) throw new ControlError(404, `There is no user '${step.user}'.`);
      lists.people.ensure({ kind: 'user', id: user.id });
    }
  }
}

export function siteOperations(world: World): ControlRoute[] {
  const now = (): string => nowOf(world);
  return [
    {
      method: 'POST', path: '/sites/compare',
      summary: 'Hold sites against each other, with libraries, lists, columns, items, pages and content types: { source, destination, sites: [{ source, dest }], people?: { upn: upn }, deepBytesMax?, versions?, versionsMax?, permissions?, examplesMax? }',
      handle: async (req) => {
        const body = Compare.parse(await req.json());
        const [source, destination] = [tenantNamed(world, body.source), tenantNamed(world, body.destination)];
        const options = { ...body, principal: counterpart(source, destination, body.people) };
        const results = [];
        for (const pair of body.sites) results.push({ ...pair, ...(await compareSites({ tenant: source, site: siteNamed(source, { site: pair.source }) }, { tenant: destination, site: siteNamed(destination, { site: pair.dest }) }, options, now)) });
        return { sites: results, invitationsSent: invitationsSent(source) + invitationsSent(destination) };
      },
    },
    {
      method: 'POST', path: '/sites/changes',
      summary: 'What people do to a site, or what a verification must find when it is done to a copy: { tenant, site, do: [{ kind: addList|addColumn|removeColumn|addItem|editItem|doubleItem|deleteItem|addPage|editPage|deletePage|know, list?, item?, fields?, column?, columns?, page?, title?, user? }] }',
      handle: async (req) => {
        const { do: steps, ...place } = Place.extend({ do: z.array(Step).min(1).max(10_000) }).parse(await req.json());
        const tenant = tenantNamed(world, place.tenant);
        const site = siteNamed(tenant, place);
        const lists = listsOf(tenant, site, now);
        const scene: Scene = { lists, pages: pagesOf(site, lists, now), by: lists.authors[0] ?? system };
        try {
          for (const step of steps) takeStep(scene, step, () => world.ids.guid());
        } catch (error) {
          if (error instanceof GraphFault) throw new ControlError(400, error.message);
          throw error;
        }
        return { steps: steps.length };
      },
    },
  ];
}
