import { z } from 'zod';
import type { DriveSpec, Site, SiteSpec } from '../files/file-store.js';
import { driveProfileSchema } from '../files/drives/drive-profile.js';
import { libraryProfileSchema, siteProfileSchema } from '../files/lists/site-profile.js';
import type { DirectoryUser, SimTenant } from '../world/tenant.js';
import { ControlError } from './control-route.js';

/** A size as a request gives it. */
export const bytes = z.int().min(0);

/** A OneDrive as a request gives it: `true` for an empty one. */
export const NewDrive = z.union([z.literal(true), z.strictObject({ usedBytes: bytes.optional(), quotaBytes: bytes.optional(), fileCount: bytes.optional(), content: driveProfileSchema.optional() })]);

/** A site as a request gives it, with the sites below it. */
export const NewSite = z.strictObject({
  name: z.string().regex(/^[^/?#\s]+$/, 'the end of the address: /sites/{name}'),
  displayName: z.string().optional(),
  description: z.string().optional(),
  kind: z.enum(['communication', 'team']).optional(),
  usedBytes: bytes.optional(),
  quotaBytes: bytes.optional(),
  fileCount: bytes.optional(),
  locked: z.boolean().optional(),
  content: driveProfileSchema.optional(),
  libraries: z.array(libraryProfileSchema).optional(),
  structure: siteProfileSchema.optional(),
  get sites(): z.ZodOptional<z.ZodArray<typeof NewSite>> {
    return z.array(NewSite).optional();
  },
});

/** A site with a name to show, and those below it. */
const specOf = ({ displayName, sites, ...site }: z.infer<typeof NewSite>): SiteSpec => ({ ...site, displayName: displayName ?? site.name, sites: (sites ?? []).map(specOf) });

/** Adds sites that were made then. Throws ControlError 409 for an address that is taken. */
export function addSites(tenant: SimTenant, sites: readonly z.infer<typeof NewSite>[], createdDateTime: string): Site[] {
  return sites.map((site) => {
    const spec = specOf(site);
    if (tenant.files.findByPath(tenant.files.hostname, `/sites/${spec.name}`) !== undefined) throw new ControlError(409, `There is a site '${spec.name}' already.`);
    return tenant.files.addSite(spec, createdDateTime);
  });
}

/** Gives a user an OneDrive, if one was asked for. */
export function addDrive(tenant: SimTenant, user: DirectoryUser, drive: z.infer<typeof NewDrive> | undefined): void {
  if (drive === undefined) return;
  const spec: DriveSpec = drive === true ? {} : drive;
  tenant.files.provisionDrive(user, spec, user.createdDateTime);
}
