/** Control operations on how the protocol behaves: what expires, how awkward delta is, what exports leave out, what imports keep. */
import { z } from 'zod';
import type { ControlRoute } from '../../control/control-route.js';
import type { World } from '../../world/world.js';
import { adminPart } from '../admin/admin-routes.js';
import { folderNamed, mailboxesNamed, tenantNamed } from './targets.js';

const some = { tenant: z.string(), mailbox: z.string().optional() };
const Expire = z.strictObject({ ...some, what: z.enum(['delta', 'importSessions', 'uploadSessions']), folder: z.string().optional() });
const Manners = z.strictObject({ ...some, order: z.enum(['asWritten', 'mixed']).optional(), emptyPageEvery: z.int().min(0).optional(), repeatEvery: z.int().min(0).optional() });
const Exports = z.strictObject({ inflation: z.number().min(1).max(50).optional(), omitOnce: z.array(z.string()).optional(), omitOverBytes: z.int().min(0).nullable().optional() });

export function protocolOperations(world: World): ControlRoute[] {
  const admin = adminPart(world);
  return [
    {
      method: 'POST',
      path: '/exchange/expire',
      summary: 'Forget delta tokens and next links (410), import sessions (401) or upload sessions: { tenant, what: delta|importSessions|uploadSessions, mailbox?, folder? }; import sessions of all tenants go together',
      handle: async (req) => {
        const { tenant: name, what, mailbox, folder } = Expire.parse(await req.json());
        const tenant = tenantNamed(world, name);
        if (what === 'importSessions') admin.sessions.expireAll();
        else if (what === 'uploadSessions') for (const each of mailboxesNamed(tenant, mailbox)) each.uploadGeneration += 1;
        else for (const each of mailboxesNamed(tenant, mailbox)) each.expireDeltaTokens(folder === undefined ? undefined : folderNamed(each, folder));
        return { ok: true };
      },
    },
    {
      method: 'POST',
      path: '/exchange/delta',
      summary: 'How awkward delta pages are: { tenant, mailbox?, order: asWritten|mixed, emptyPageEvery, repeatEvery } (every nth page is empty, repeats an item; 0: none)',
      handle: async (req) => {
        const { tenant: name, mailbox, ...manners } = Manners.parse(await req.json());
        const chosen = mailboxesNamed(tenantNamed(world, name), mailbox);
        for (const each of chosen) Object.assign(each.deltaManners, Object.fromEntries(Object.entries(manners).filter(([, value]) => value !== undefined)));
        return { mailboxes: chosen.length, manners: chosen[0]?.deltaManners ?? null };
      },
    },
    {
      method: 'POST',
      path: '/exchange/exports',
      summary: 'How exports behave: { inflation?, omitOnce?: [itemId], omitOverBytes? } (streams larger than the item; ids left out of the next answer; of several items in one export, those above a size are left out, null: none)',
      handle: async (req) => {
        const { inflation, omitOnce, omitOverBytes } = Exports.parse(await req.json());
        if (inflation !== undefined) admin.exports.inflation = inflation;
        if (omitOverBytes !== undefined) admin.exports.omitOverBytes = omitOverBytes ?? Infinity;
        for (const id of omitOnce ?? []) admin.exports.omitOnce.add(id);
        return { inflation: admin.exports.inflation, omitOnce: admin.exports.omitOnce.size, omitOverBytes: Number.isFinite(admin.exports.omitOverBytes) ? admin.exports.omitOverBytes : null };
      },
    },
    {
      method: 'POST',
      path: '/exchange/imports',
      summary: 'What is kept of imported attachments: { keepBytesMax } (in full up to this size, size and hash above)',
      handle: async (req) => {
        admin.imports.keepBytesMax = z.strictObject({ keepBytesMax: z.int().min(0) }).parse(await req.json()).keepBytesMax;
        return { ...admin.imports };
      },
    },
  ];
}
