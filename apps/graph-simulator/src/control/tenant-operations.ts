import { z } from 'zod';
import { sharingCapabilities } from '../files/file-store.js';
import { addPerson, nthPerson, type PersonSpec } from '../world/people.js';
import type { SimulatedWorld } from '../world/simulated-world.js';
import type { DirectoryUser, SimTenant } from '../world/tenant.js';
import { ControlError, type ControlRoute } from './control-route.js';
import { addDrive, addSites, NewDrive, NewSite } from './place-specs.js';

/** Fills one mailbox; `content` is what the request gave, checked by whoever knows mailbox content. */
export type MailboxMaker = (tenant: SimTenant, user: DirectoryUser, content: unknown) => void;

const Person = z.strictObject({
  alias: z.string().regex(/^[^@\s]+$/, 'goes before the @ of the user name'),
  displayName: z.string().min(1).optional(),
  givenName: z.string().nullish(),
  surname: z.string().nullish(),
  kind: z.enum(['user', 'shared', 'room', 'equipment']).optional(),
  id: z.guid().optional(),
  usageLocation: z.string().length(2).optional(),
  preferredLanguage: z.string().nullish(),
  department: z.string().nullish(),
  jobTitle: z.string().nullish(),
  mailbox: z.boolean().optional(),
  guest: z.email().optional(),
  drive: NewDrive.optional(),
  content: z.unknown().optional(),
});
type Person = z.infer<typeof Person>;

const NewTenant = z.strictObject({
  domain: z.string().regex(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/i, 'a domain name such as contoso.com'),
  displayName: z.string().min(1),
  seed: z.string().optional(),
  id: z.guid().optional(),
  initialDomain: z.string().optional(),
  users: z.array(Person).optional(),
  sites: z.array(NewSite).optional(),
  count: z.int().min(0).max(200_000).optional(),
  content: z.unknown().optional(),
  concealedNames: z.boolean().optional(),
});

/** The tenant a path or body names. Throws 404. */
export function tenantOf(world: Pick<SimulatedWorld, 'findTenant'>, name: string | undefined): SimTenant {
  const tenant = world.findTenant(name ?? '');
  if (tenant === undefined) throw new ControlError(404, `There is no tenant '${name ?? ''}'.`);
  return tenant;
}

function summary(tenant: SimTenant): Record<string, unknown> {
  const { id, domain, initialDomain, displayName, seed, concealedNames } = tenant;
  return { id, domain, initialDomain, displayName, seed, concealedNames, users: tenant.users.length, groups: tenant.groups.length, sites: tenant.files.sites.length };
}

/** Adds people, with their mailboxes and OneDrives. */
export function populate(tenant: SimTenant, people: readonly (PersonSpec & Pick<Person, 'content' | 'drive'>)[], content: unknown, make: MailboxMaker): DirectoryUser[] {
  return people.map((person) => {
    const user = addPerson(tenant, person);
    if (person.mailbox !== false && person.guest === undefined) make(tenant, user, person.content ?? content);
    addDrive(tenant, user, person.drive);
    return user;
  });
}

function people(specs: readonly Person[]): (PersonSpec & Pick<Person, 'content' | 'drive'>)[] {
  return specs.map((p) => ({ ...p, displayName: p.displayName ?? p.alias }));
}

/** Tenants and users. */
export function tenantOperations(world: SimulatedWorld, make: MailboxMaker): ControlRoute[] {
  return [
    { method: 'GET', path: '/tenants', summary: 'Tenants with their sizes', handle: () => Promise.resolve({ tenants: [...world.tenants.values()].map(summary) }) },
    {
      method: 'POST', path: '/tenants', summary: 'Seed a tenant: { domain, displayName, seed?, users?: [{ alias, displayName, kind, content, drive }], sites?: [{ name, usedBytes, quotaBytes, locked }], count?, content?: profile | "empty" }',
      handle: async (req) => {
        const { users, sites, count, content, concealedNames, ...spec } = NewTenant.parse(await req.json());
        if (world.findTenant(spec.domain) !== undefined) throw new ControlError(409, `There is a tenant ${spec.domain} already.`);
        const tenant = world.addTenant(spec);
        try {
          tenant.concealedNames = concealedNames ?? false;
          populate(tenant, people(users ?? []), content ?? 'empty', make);
          addSites(tenant, sites ?? [], tenant.createdDateTime);
          populate(tenant, Array.from({ length: count ?? 0 }, (_, n) => nthPerson(n)), content ?? 'empty', make);
        } catch (error) {
          world.removeTenant(tenant.id);
          throw error;
        }
        return { ...summary(tenant), userIds: Object.fromEntries(tenant.users.slice(0, 1000).map((u) => [u.userPrincipalName, u.id])) };
      },
    },
    {
      method: 'GET', path: '/tenants/{tenant}', summary: 'One tenant with its users (first 1000)',
      handle: (req) => {
        const tenant = tenantOf(world, req.params['tenant']);
        return Promise.resolve({ ...summary(tenant), userList: tenant.users.slice(0, 1000), groupList: tenant.groups.slice(0, 1000) });
      },
    },
    {
      method: 'PATCH', path: '/tenants/{tenant}', summary: 'Change { concealedNames, sharingCapability, groupSiteDelay }',
      handle: async (req) => {
        const tenant = tenantOf(world, req.params['tenant']);
        const change = z.strictObject({ concealedNames: z.boolean().optional(), sharingCapability: z.enum(sharingCapabilities).optional(), groupSiteDelay: z.int().min(0).optional() }).parse(await req.json());
        tenant.concealedNames = change.concealedNames ?? tenant.concealedNames;
        tenant.files.sharingCapability = change.sharingCapability ?? tenant.files.sharingCapability;
        tenant.files.groupSiteDelay = change.groupSiteDelay ?? tenant.files.groupSiteDelay;
        return summary(tenant);
      },
    },
    {
      method: 'DELETE', path: '/tenants/{tenant}', summary: 'Remove a tenant with everything in it',
      handle: (req) => {
        world.removeTenant(tenantOf(world, req.params['tenant']).id);
        return Promise.resolve({ ok: true });
      },
    },
    {
      method: 'POST', path: '/tenants/{tenant}/users', summary: 'Add users: { users: [{ ..., drive }], content? }',
      handle: async (req) => {
        const tenant = tenantOf(world, req.params['tenant']);
        const { users, content } = z.strictObject({ users: z.array(Person).min(1), content: z.unknown().optional() }).parse(await req.json());
        return { users: populate(tenant, people(users), content ?? 'empty', make) };
      },
    },
    {
      method: 'DELETE', path: '/tenants/{tenant}/users/{user}', summary: 'Remove a user',
      handle: (req) => {
        const tenant = tenantOf(world, req.params['tenant']);
        const user = tenant.findUser(req.params['user'] ?? '');
        if (user === undefined) throw new ControlError(404, `There is no user '${req.params['user'] ?? ''}'.`);
        tenant.removeUser(user.id);
        tenant.exchange.removeMailbox(user.id);
        return Promise.resolve({ ok: true });
      },
    },
  ];
}
