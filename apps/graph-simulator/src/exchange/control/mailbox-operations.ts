/** Control operations on single mailboxes: what they hold, how much they may hold, whether they are there at all. */
import { z } from 'zod';
import { ControlError, type ControlRoute } from '../../control/control-route.js';
import type { World } from '../../world/world.js';
import { itemId } from '../admin/item-routes.js';
import { canonicalFields, contentHash } from '../compare/canonical.js';
import { messageSource } from '../generator/messages.js';
import { parseProfile } from '../generator/profile.js';
import { sizeOf, type Item } from '../store/item.js';
import type { Mailbox } from '../store/mailbox.js';
import { folderNamed, mailboxesNamed, mailboxNamed, Target, targetOf, tenantNamed } from './targets.js';

const whole = (text: string | null, otherwise: number): number => {
  if (text === null) return otherwise;
  if (!/^\d{1,9}$/.test(text)) throw new ControlError(400, `'${text}' is not a whole number.`);
  return Number(text);
};

function dumped(mailbox: Mailbox, item: Item, full: boolean): Record<string, unknown> {
  const { content } = item;
  return { itemId: itemId(mailbox, item.key, item.moves), changeKey: item.changeKey, createdAt: item.createdAt, class: content.messageClass, subject: content.subject, searchKey: content.searchKey, size: sizeOf(content), hash: contentHash(content), refusal: item.refusal, ...(full ? { fields: canonicalFields(content) } : {}) };
}

const summaryOf = (mailbox: Mailbox): Record<string, unknown> => ({
  address: mailbox.address,
  mailboxId: mailbox.mailboxId,
  archiveMailboxId: mailbox.archive?.mailboxId ?? null,
  enabled: mailbox.enabled,
  onHold: mailbox.onHold,
  quotaBytes: mailbox.quotaBytes,
  messageBytesMax: mailbox.messageBytesMax,
  writtenBytes: mailbox.writtenBytes,
  outboundMail: mailbox.outboundMail,
  folders: mailbox.folders().map((folder) => ({ path: mailbox.path(folder).join('/'), class: folder.containerClass, items: folder.itemCount, wellKnownName: folder.wellKnownName, hidden: folder.isHidden, search: folder.isSearchFolder })),
});

export function mailboxOperations(world: World): ControlRoute[] {
  const change = (path: string, summary: string, schema: z.ZodObject<{ tenant: z.ZodString; mailbox: z.ZodString }>, apply: (mailbox: Mailbox, body: Record<string, unknown>) => unknown): ControlRoute => ({
    method: 'POST',
    path,
    summary,
    handle: async (req) => {
      const { body, mailbox } = await targetOf(req, schema);
      return apply(mailbox, body);
    },
  });
  return [
    {
      method: 'GET',
      path: '/exchange/mailboxes',
      summary: 'Mailboxes of a tenant with folders and counts: ?tenant=&mailbox=',
      handle: (req) => Promise.resolve({ mailboxes: mailboxesNamed(tenantNamed(world, req.query.get('tenant') ?? ''), req.query.get('mailbox') ?? undefined).map(summaryOf) }),
    },
    {
      method: 'DELETE',
      path: '/exchange/mailboxes',
      summary: 'Remove a mailbox; its user stays: ?tenant=&mailbox=',
      handle: (req) => {
        const tenant = tenantNamed(world, req.query.get('tenant') ?? '');
        return Promise.resolve({ removed: tenant.exchange.removeMailbox(mailboxNamed(tenant, req.query.get('mailbox') ?? '').userId) });
      },
    },
    {
      method: 'GET',
      path: '/exchange/items',
      summary: 'Dump a folder: ?tenant=&mailbox=&folder=path or well-known name&skip=&top= (100)&full=true (every field; attachments as size and hash)',
      handle: (req) => {
        const mailbox = mailboxNamed(tenantNamed(world, req.query.get('tenant') ?? ''), req.query.get('mailbox') ?? '');
        const folder = folderNamed(mailbox, req.query.get('folder') ?? '');
        const { at, left } = folder.skip(whole(req.query.get('skip'), 0));
        const top = whole(req.query.get('top'), 100);
        const items: unknown[] = [];
        let skipped = 0;
        for (const { key } of folder.keys(at)) {
          if (items.length === top) break;
          skipped += 1;
          const item = skipped > left ? mailbox.item(key) : undefined;
          if (item !== undefined) items.push(dumped(mailbox, item, req.query.get('full') === 'true'));
        }
        return Promise.resolve({ mailbox: mailbox.address, folder: mailbox.path(folder).join('/'), total: folder.itemCount, items });
      },
    },
    change('/exchange/quota', 'Set how much may be written to a mailbox: { tenant, mailbox, quotaBytes?, messageBytesMax? }', Target.extend({ quotaBytes: z.int().min(0).optional(), messageBytesMax: z.int().min(0).optional() }), (mailbox, { quotaBytes, messageBytesMax }) => {
      if (typeof quotaBytes === 'number') mailbox.quotaBytes = quotaBytes;
      if (typeof messageBytesMax === 'number') mailbox.messageBytesMax = messageBytesMax;
      return { quotaBytes: mailbox.quotaBytes, messageBytesMax: mailbox.messageBytesMax, writtenBytes: mailbox.writtenBytes };
    }),
    change('/exchange/enabled', 'Take a mailbox its licence or give it back: { tenant, mailbox, enabled }', Target.extend({ enabled: z.boolean() }), (mailbox, { enabled }) => {
      mailbox.enabled = enabled === true;
      return { enabled: mailbox.enabled };
    }),
    change('/exchange/hold', 'Put a mailbox on hold, so that hardDelete is 403: { tenant, mailbox, onHold }', Target.extend({ onHold: z.boolean() }), (mailbox, { onHold }) => {
      mailbox.onHold = onHold === true;
      return { onHold: mailbox.onHold };
    }),
    {
      method: 'POST',
      path: '/exchange/archive',
      summary: 'Give a mailbox an online archive with generated messages: { tenant, mailbox, messages? }; beta alone serves it',
      handle: async (req) => {
        const { body, mailbox, tenant } = await targetOf(req, Target.extend({ messages: z.int().min(0).max(1_000_000).default(10) }));
        if (mailbox.archive !== null) throw new ControlError(409, `${mailbox.address} has an archive already.`);
        const archive = tenant.exchange.createArchive(mailbox);
        archive.addFolder({ displayName: 'Kept since 2019', containerClass: 'IPF.Note', parentKey: archive.root.key, source: messageSource({ seed: `${tenant.seed} archive ${mailbox.address}`, domain: tenant.domain, owner: { name: mailbox.displayName, address: mailbox.address }, profile: parseProfile({}), count: body.messages, kind: 'received' }) });
        return { archiveMailboxId: archive.mailboxId };
      },
    },
  ];
}
