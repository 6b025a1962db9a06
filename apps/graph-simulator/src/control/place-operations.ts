import { z } from 'zod';
import { siteId, siteUrl, type Site } from '../files/file-store.js';
import { addGroup } from '../world/groups.js';
import type { SimulatedWorld } from '../world/simulated-world.js';
import type { SimTenant } from '../world/tenant.js';
import { ControlError, type ControlRoute } from './control-route.js';
import { addSites, bytes, NewSite } from './place-specs.js';
import { tenantOf } from './tenant-operations.js';

const NewGroup = z.strictObject({
  displayName: z.string().min(1),
  description: z.string().nullish(),
  mailNickname: z.string().min(1),
  kind: z.enum(['unified', 'security', 'distribution']).default('unified'),
  team: z.boolean().default(false),
  members: z.array(z.string()).default([]),
  owners: z.array(z.string()).default([]),
  usedBytes: bytes.optional(),
});

const SiteChange = z.strictObject({ usedBytes: bytes.optional(), quotaBytes: bytes.optional(), locked: z.boolean().optional() });

const now = (world: SimulatedWorld): string => new Date(world.clock.now()).toISOString().replace(/\.\d+Z$/, 'Z');

const summary = (site: Site): Record<string, unknown> => ({ id: siteId(site), url: siteUrl(site), displayName: site.displayName, template: site.template, usedBytes: site.usedBytes, quotaBytes: site.quotaBytes, locked: site.locked, groupId: site.groupId, ownerId: site.ownerId });

function namedSite(tenant: SimTenant, name: string | undefined): Site {
  const site = tenant.files.sites.find((each) => each.name === name || siteId(each) === name);
  if (site === undefined) throw new ControlError(404, `There is no site '${name ?? ''}'.`);
  return site;
}

/** Groups, teams, sites and OneDrives. */
export function placeOperations(world: SimulatedWorld): ControlRoute[] {
  return [
    {
      method: 'POST', path: '/tenants/{tenant}/groups', summary: 'Add a group: { displayName, description?, mailNickname, kind, team, members: [upn], owners: [upn], usedBytes? }; a unified one gets its team site',
      handle: async (req) => {
        const tenant = tenantOf(world, req.params['tenant']);
        const { members, owners, ...group } = NewGroup.parse(await req.json());
        if (group.kind === 'unified' && tenant.files.findByPath(tenant.files.hostname, `/sites/${group.mailNickname}`) !== undefined) throw new ControlError(409, `There is a site '${group.mailNickname}' already.`);
        const ids = (names: readonly string[]): string[] => names.map((name) => {
          const user = tenant.findUser(name);
          if (user === undefined) throw new ControlError(404, `There is no user '${name}'.`);
          return user.id;
        });
        return addGroup(tenant, { ...group, id: world.ids.guid(), createdDateTime: now(world), memberIds: ids(members), ownerIds: ids(owners) });
      },
    },
    { method: 'GET', path: '/tenants/{tenant}/sites', summary: 'Sites and OneDrives (first 1000)', handle: (req) => Promise.resolve({ sites: tenantOf(world, req.params['tenant']).files.sites.slice(0, 1000).map(summary) }) },
    {
      method: 'POST', path: '/tenants/{tenant}/sites', summary: 'Add sites that are made now, so reports miss them for two days: { sites: [{ name, displayName, kind, usedBytes, quotaBytes, locked }] }',
      handle: async (req) => {
        const tenant = tenantOf(world, req.params['tenant']);
        const { sites } = z.strictObject({ sites: z.array(NewSite).min(1) }).parse(await req.json());
        return { sites: addSites(tenant, sites, now(world)).map(summary) };
      },
    },
    {
      method: 'PATCH', path: '/tenants/{tenant}/sites/{site}', summary: 'Change { usedBytes, quotaBytes, locked } of a site or OneDrive, by its name or id',
      handle: async (req) => {
        const site = namedSite(tenantOf(world, req.params['tenant']), req.params['site']);
        const { usedBytes, quotaBytes, locked } = SiteChange.parse(await req.json());
        site.usedBytes = usedBytes ?? site.usedBytes;
        site.quotaBytes = quotaBytes ?? site.quotaBytes;
        site.locked = locked ?? site.locked;
        return summary(site);
      },
    },
    {
      method: 'DELETE', path: '/tenants/{tenant}/sites/{site}', summary: 'Remove a site or OneDrive, by its name or id',
      handle: (req) => {
        const tenant = tenantOf(world, req.params['tenant']);
        return Promise.resolve({ ok: tenant.files.remove(namedSite(tenant, req.params['site'])) });
      },
    },
  ];
}
