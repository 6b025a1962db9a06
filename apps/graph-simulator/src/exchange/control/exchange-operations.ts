/** Control operations on mailboxes: compare, change the source, plant refusals and damage. */
import { z } from 'zod';
import { ControlError, type ControlRoute } from '../../control/control-route.js';
import type { World } from '../../world/world.js';
import { itemId, itemOf } from '../admin/item-routes.js';
import { compareTenants, UnknownMailbox } from '../compare/compare-tenants.js';
import { expectedFolders } from '../compare/expected-folders.js';
import type { Item } from '../store/item.js';
import { damageKinds, plantDamage } from './damage.js';
import { mailboxOperations } from './mailbox-operations.js';
import { makeChanges, noChanges, type Changed, type ChangeCounts } from './make-changes.js';
import { protocolOperations } from './protocol-operations.js';
import { folderNamed, mailboxNamed, Target, targetOf, tenantNamed } from './targets.js';

const count = z.int().min(0).max(10_000).default(0);
const Compare = z.strictObject({ source: z.string(), destination: z.string(), mapping: z.array(z.strictObject({ source: z.string(), dest: z.string() })).optional(), mailboxes: z.array(z.string()).optional(), examplesMax: z.int().min(0).max(1_000).default(20) });
const Changes = z.strictObject({ tenant: z.string(), seed: z.string().default('changes'), mailboxes: z.array(z.string()).optional(), perMailbox: z.strictObject({ new: count, edited: count, readFlags: count, newFolder: z.boolean().default(false), moved: count, deleted: count, renamedFolders: count, movedFolders: count }) });
const Refusals = Target.extend({ at: z.enum(['export', 'read', 'import', 'none']), count: z.int().min(1).max(1_000).default(1), itemIds: z.array(z.string()).optional(), folder: z.string().optional(), code: z.enum(['ErrorItemCorrupt', 'ErrorCorruptData', 'ErrorMessageSizeExceeded']).default('ErrorItemCorrupt') });
const Damage = Target.extend({ kind: z.enum(damageKinds), folder: z.string().optional(), itemId: z.string().optional() });

export function exchangeControlRoutes(world: World): ControlRoute[] {
  return [
    {
      method: 'POST',
      path: '/compare',
      summary: 'Compare two tenants: { source, destination, mapping?: [{ source, dest }], mailboxes?, examplesMax? }',
      handle: async (req) => {
        const body = Compare.parse(await req.json());
        try {
          return await compareTenants(tenantNamed(world, body.source), tenantNamed(world, body.destination), body);
        } catch (error) {
          if (error instanceof UnknownMailbox) throw new ControlError(404, error.message);
          throw error;
        }
      },
    },
    {
      method: 'POST',
      path: '/exchange/changes',
      summary: 'Change a source: { tenant, seed?, mailboxes?, perMailbox: { new, edited, readFlags, newFolder, moved, deleted, renamedFolders, movedFolders } }; answers counts and a manifest',
      handle: async (req) => {
        const { tenant: name, seed, mailboxes, perMailbox } = Changes.parse(await req.json());
        const tenant = tenantNamed(world, name);
        const chosen = mailboxes === undefined ? tenant.exchange.mailboxes : mailboxes.map((each) => mailboxNamed(tenant, each));
        const counts: ChangeCounts = noChanges();
        const manifest: ({ mailbox: string } & Changed)[] = [];
        for (const mailbox of chosen) {
          for (const change of makeChanges(mailbox, perMailbox, seed)) {
            counts[change.what] += 1;
            manifest.push({ mailbox: mailbox.address, ...change });
          }
        }
        return { mailboxes: chosen.length, counts, manifest };
      },
    },
    {
      method: 'POST',
      path: '/exchange/refusals',
      summary: "Make items refuse for good: { tenant, mailbox, at: export|read|import|none, count?, folder?, itemIds?, code? }; 'none' clears all",
      handle: async (req) => {
        const { body, mailbox } = await targetOf(req, Refusals);
        const folders = body.folder === undefined ? expectedFolders(mailbox) : [folderNamed(mailbox, body.folder)];
        const items: Item[] = body.itemIds?.map((id) => itemOf(mailbox, id)) ?? folders.flatMap((folder) => [...mailbox.items(folder)].map(({ item }) => item));
        const chosen = body.at === 'none' ? items.filter((item) => item.refusal !== null) : body.itemIds !== undefined ? items : items.filter((item) => item.refusal === null).slice(0, body.count);
        for (const item of chosen) mailbox.plantRefusal(item.key, body.at === 'none' ? null : { at: body.at, code: body.code });
        return { items: chosen.map((item) => ({ itemId: itemId(mailbox, item.key, item.moves), class: item.content.messageClass })) };
      },
    },
    {
      method: 'POST',
      path: '/exchange/damage',
      summary: `Damage a mailbox: { tenant, mailbox, kind: ${damageKinds.join('|')}, folder?, itemId? }`,
      handle: async (req) => {
        const { body, mailbox } = await targetOf(req, Damage);
        const done = plantDamage(mailbox, body.kind, { ...(body.folder === undefined ? {} : { folder: folderNamed(mailbox, body.folder) }), ...(body.itemId === undefined ? {} : { item: itemOf(mailbox, body.itemId) }) });
        if (done === null) throw new ControlError(409, `Nothing in ${mailbox.address} fits ${body.kind}.`);
        return done;
      },
    },
    ...protocolOperations(world),
    ...mailboxOperations(world),
  ];
}
