/** Control operations on mailboxes: compare, change the source, plant refusals and damage, let tokens expire. */
import { z } from 'zod';
import { ControlError, type ControlRequest, type ControlRoute } from '../../control/control-route.js';
import type { SimTenant } from '../../world/tenant.js';
import type { World } from '../../world/world.js';
import { adminPart } from '../admin/admin-routes.js';
import { itemId } from '../admin/item-routes.js';
import { compareTenants, UnknownMailbox } from '../compare/compare-tenants.js';
import { expectedFolders } from '../compare/expected-folders.js';
import type { Item } from '../store/item.js';
import type { Mailbox } from '../store/mailbox.js';
import { damageKinds, plantDamage } from './damage.js';
import { makeChanges, type ChangeCounts } from './make-changes.js';

const count = z.int().min(0).max(10_000).default(0);
const Compare = z.strictObject({ source: z.string(), destination: z.string(), mapping: z.array(z.strictObject({ source: z.string(), dest: z.string() })).optional(), mailboxes: z.array(z.string()).optional(), examplesMax: z.int().min(0).max(1_000).default(20) });
const Changes = z.strictObject({ tenant: z.string(), seed: z.string().default('changes'), mailboxes: z.array(z.string()).optional(), perMailbox: z.strictObject({ new: count, edited: count, readFlags: count, newFolder: z.boolean().default(false), moved: count, deleted: count }) });
const Target = z.strictObject({ tenant: z.string(), mailbox: z.string() });
const Refusals = Target.extend({ at: z.enum(['export', 'read', 'import', 'none']), count: z.int().min(1).max(1_000).default(1), code: z.enum(['ErrorItemCorrupt', 'ErrorCorruptData', 'ErrorMessageSizeExceeded']).default('ErrorItemCorrupt') });
const Expire = z.strictObject({ tenant: z.string(), what: z.enum(['delta', 'importSessions']), mailbox: z.string().optional() });

export function exchangeControlRoutes(world: World): ControlRoute[] {
  const tenantOf = (name: string): SimTenant => {
    const tenant = world.findTenant(name);
    if (tenant === undefined) throw new ControlError(404, `There is no tenant '${name}'.`);
    return tenant;
  };
  const mailboxOf = (tenant: SimTenant, name: string): Mailbox => {
    const mailbox = tenant.exchange.mailbox(tenant.findUser(name)?.id ?? '');
    if (mailbox === undefined) throw new ControlError(404, `There is no mailbox '${name}' in ${tenant.domain}.`);
    return mailbox;
  };
  const target = async <S extends z.ZodType<{ tenant: string; mailbox: string }>>(req: ControlRequest, schema: S): Promise<{ body: z.output<S>; mailbox: Mailbox }> => {
    const body = schema.parse(await req.json());
    return { body, mailbox: mailboxOf(tenantOf(body.tenant), body.mailbox) };
  };
  const admin = adminPart(world);
  return [
    {
      method: 'POST',
      path: '/compare',
      summary: 'Compare two tenants: { source, destination, mapping?, mailboxes?, examplesMax? }',
      handle: async (req) => {
        const body = Compare.parse(await req.json());
        try {
          return await compareTenants(tenantOf(body.source), tenantOf(body.destination), body);
        } catch (error) {
          if (error instanceof UnknownMailbox) throw new ControlError(404, error.message);
          throw error;
        }
      },
    },
    {
      method: 'POST',
      path: '/exchange/changes',
      summary: 'Change a source: { tenant, seed?, mailboxes?, perMailbox: { new, edited, readFlags, newFolder, moved, deleted } }',
      handle: async (req) => {
        const { tenant: name, seed, mailboxes, perMailbox } = Changes.parse(await req.json());
        const tenant = tenantOf(name);
        const chosen = mailboxes === undefined ? tenant.exchange.mailboxes : mailboxes.map((each) => mailboxOf(tenant, each));
        const counts: ChangeCounts = { new: 0, edited: 0, readFlags: 0, newFolders: 0, moved: 0, deleted: 0 };
        for (const mailbox of chosen) for (const [kind, times] of Object.entries(makeChanges(mailbox, perMailbox, seed)) as [keyof ChangeCounts, number][]) counts[kind] += times;
        return { mailboxes: chosen.length, counts };
      },
    },
    {
      method: 'POST',
      path: '/exchange/refusals',
      summary: "Make items refuse for good: { tenant, mailbox, at: export|read|import|none, count?, code? }; 'none' clears all",
      handle: async (req) => {
        const { body, mailbox } = await target(req, Refusals);
        const items: Item[] = expectedFolders(mailbox).flatMap((folder) => [...mailbox.items(folder)].map(({ item }) => item));
        const chosen = body.at === 'none' ? items.filter((item) => item.refusal !== null) : items.filter((item) => item.refusal === null).slice(0, body.count);
        for (const item of chosen) mailbox.plantRefusal(item.key, body.at === 'none' ? null : { at: body.at, code: body.code });
        return { items: chosen.map((item) => ({ itemId: itemId(mailbox, item.key), class: item.content.messageClass })) };
      },
    },
    {
      method: 'POST',
      path: '/exchange/expire',
      summary: 'Forget delta tokens or import sessions: { tenant, what: delta|importSessions, mailbox? }',
      handle: async (req) => {
        const { tenant: name, what, mailbox } = Expire.parse(await req.json());
        const tenant = tenantOf(name);
        if (what === 'importSessions') admin.sessions.expireAll();
        else
          for (const each of mailbox === undefined ? tenant.exchange.mailboxes : [mailboxOf(tenant, mailbox)]) {
            each.folderGeneration += 1;
            for (const folder of each.folders()) folder.log.expireTokens();
          }
        return { ok: true };
      },
    },
    {
      method: 'POST',
      path: '/exchange/quota',
      summary: 'Set how much may be written to a mailbox: { tenant, mailbox, quotaBytes?, messageBytesMax? }',
      handle: async (req) => {
        const { body, mailbox } = await target(req, Target.extend({ quotaBytes: z.int().min(0).optional(), messageBytesMax: z.int().min(0).optional() }));
        if (body.quotaBytes !== undefined) mailbox.quotaBytes = body.quotaBytes;
        if (body.messageBytesMax !== undefined) mailbox.messageBytesMax = body.messageBytesMax;
        return { quotaBytes: mailbox.quotaBytes, messageBytesMax: mailbox.messageBytesMax, writtenBytes: mailbox.writtenBytes };
      },
    },
    {
      method: 'POST',
      path: '/exchange/enabled',
      summary: 'Take a mailbox its licence or give it back: { tenant, mailbox, enabled }',
      handle: async (req) => {
        const { body, mailbox } = await target(req, Target.extend({ enabled: z.boolean() }));
        mailbox.enabled = body.enabled;
        return { enabled: mailbox.enabled };
      },
    },
    {
      method: 'POST',
      path: '/exchange/exports',
      summary: 'How exports behave: { inflation?, omitOnce?: [itemId] } (streams larger than the item; ids left out of the next answer)',
      handle: async (req) => {
        const body = z.strictObject({ inflation: z.number().min(1).max(50).optional(), omitOnce: z.array(z.string()).optional() }).parse(await req.json());
        if (body.inflation !== undefined) admin.exports.inflation = body.inflation;
        for (const id of body.omitOnce ?? []) admin.exports.omitOnce.add(id);
        return { inflation: admin.exports.inflation, omitOnce: admin.exports.omitOnce.size };
      },
    },
    {
      method: 'POST',
      path: '/exchange/damage',
      summary: `Damage a mailbox: { tenant, mailbox, kind: ${damageKinds.join('|')} }`,
      handle: async (req) => {
        const { body, mailbox } = await target(req, Target.extend({ kind: z.enum(damageKinds) }));
        const done = plantDamage(mailbox, body.kind);
        if (done === null) throw new ControlError(409, `Nothing in ${mailbox.address} fits ${body.kind}.`);
        return done;
      },
    },
    {
      method: 'GET',
      path: '/exchange/mailboxes',
      summary: 'Mailboxes of a tenant with folders and counts: ?tenant=&mailbox=',
      handle: (req) => {
        const tenant = tenantOf(req.query.get('tenant') ?? '');
        const name = req.query.get('mailbox');
        const chosen = name === null ? tenant.exchange.mailboxes : [mailboxOf(tenant, name)];
        return Promise.resolve({ mailboxes: chosen.map((mailbox) => ({ address: mailbox.address, enabled: mailbox.enabled, writtenBytes: mailbox.writtenBytes, outboundMail: mailbox.outboundMail, folders: mailbox.folders().map((folder) => ({ path: mailbox.path(folder).join('/'), class: folder.containerClass, items: folder.itemCount, wellKnownName: folder.wellKnownName })) })) });
      },
    },
  ];
}
