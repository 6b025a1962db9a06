/** From names in a control request to the tenant, mailbox and folder they mean; each throws ControlError 404. */
import { z } from 'zod';
import { ControlError, type ControlRequest } from '../../control/control-route.js';
import type { SimTenant } from '../../world/tenant.js';
import type { World } from '../../world/world.js';
import type { Folder } from '../store/folder.js';
import type { Mailbox } from '../store/mailbox.js';

/** A mailbox by its user's id, UPN or mail. */
export const Target = z.strictObject({ tenant: z.string(), mailbox: z.string() });

export function tenantNamed(world: World, name: string): SimTenant {
  const tenant = world.findTenant(name);
  if (tenant === undefined) throw new ControlError(404, `There is no tenant '${name}'.`);
  return tenant;
}
export function mailboxNamed(tenant: SimTenant, name: string): Mailbox {
  const mailbox = tenant.exchange.mailbox(tenant.findUser(name)?.id ?? '');
  if (mailbox === undefined) throw new ControlError(404, `There is no mailbox '${name}' in ${tenant.domain}.`);
  return mailbox;
}
/** By path from the top, names joined by slashes, or by well-known name. */
export function folderNamed(mailbox: Mailbox, name: string): Folder {
  const folder = mailbox.wellKnown(name) ?? mailbox.folders().find((each) => mailbox.path(each).join('/') === name);
  if (folder === undefined) throw new ControlError(404, `There is no folder '${name}' in ${mailbox.address}.`);
  return folder;
}
/** The body of a request about one mailbox, with the mailbox. */
export async function targetOf<S extends z.ZodType<{ tenant: string; mailbox: string }>>(req: ControlRequest, schema: S): Promise<{ body: z.output<S>; mailbox: Mailbox; tenant: SimTenant }> {
  const body = schema.parse(await req.json());
  const tenant = tenantNamed(req.world, body.tenant);
  return { body, tenant, mailbox: mailboxNamed(tenant, body.mailbox) };
}
/** One mailbox of a tenant, or all. */
export const mailboxesNamed = (tenant: SimTenant, name: string | undefined): Mailbox[] => (name === undefined ? tenant.exchange.mailboxes : [mailboxNamed(tenant, name)]);
