/** Every SharePoint site of a tenant with its size; OneDrives are not among them. */
import type { GraphPort } from '@migrator/graph-client';
import { z } from 'zod';
import { askEach } from '../microsoft/ask-each.js';
import { driveAnswer, readQuota } from './drive-quota.js';
import type { PlaceFinding } from './place-repository.js';
import type { SkippedParts } from './skipped-parts.js';
import type { SitesUsage, SiteUsage } from './storage-usage.js';

const siteAnswer = z.object({ id: z.string(), name: z.string().nullish(), displayName: z.string().nullish(), webUrl: z.string(), isPersonalSite: z.boolean().nullish() });
type Site = z.infer<typeof siteAnswer>;

/**
 * Pages of findings. The search index misses sites, so the inventory is asked (graph/files.md 1.3). A size comes from the usage report;
 * a site that the report does not name (new, or names are concealed) is asked for its library's quota. Null when neither says.
 */
export async function* readSites(port: GraphPort, usage: SitesUsage | null, skipped: SkippedParts, signal: AbortSignal): AsyncGenerator<PlaceFinding[]> {
  for await (const page of port.pages<unknown>('/sites/getAllSites', { budget: { kind: 'none' }, query: { $select: 'id,name,displayName,webUrl,isPersonalSite' }, signal })) {
    const sites = page.value.map((site) => siteAnswer.parse(site)).filter((site) => !isPersonal(site));
    const measured = await measure(port, sites.filter((site) => reportedOf(site, usage) === null), skipped, signal);
    yield sites.map((site) => {
      const reported = reportedOf(site, usage);
      return { kind: 'site', microsoftId: site.id, name: nameOf(site), detail: { url: site.webUrl, sizeBytes: reported?.bytes ?? measured.get(site.id) ?? null, fileCount: reported?.files ?? null, template: reported?.template ?? null } };
    });
  }
}

const isPersonal = ({ isPersonalSite, webUrl }: Site): boolean => isPersonalSite ?? /^https:\/\/[^/]+-my\.[^/]+\/personal\//i.test(webUrl);

function reportedOf({ id, webUrl }: Site, usage: SitesUsage | null): SiteUsage | null {
  const collection = id.split(',')[1]?.toLowerCase() ?? '';
  return usage?.get(collection) ?? usage?.get(webUrl.toLowerCase().replace(/\/+$/, '')) ?? null;
}

/** The display name may be empty: then the end of the address, or the host of a root site. */
function nameOf({ displayName, name, webUrl }: Site): string {
  const { hostname, pathname } = new URL(webUrl);
  const tail = pathname.split('/').filter((segment) => segment !== '').at(-1);
  return [displayName, name, tail, hostname].find((each) => each !== null && each !== undefined && each.trim() !== '') ?? hostname;
}

async function measure(port: GraphPort, sites: readonly Site[], skipped: SkippedParts, signal: AbortSignal): Promise<Map<string, number>> {
  const sizes = new Map<string, number>();
  if (sites.length === 0) return sizes;
  const answers = await askEach(port, sites.map(({ id }) => ({ id, url: `/sites/${encodeURIComponent(id)}/drive?$select=quota` })), { kind: 'none' }, signal);
  for (const [id, { status, body }] of answers) {
    const answer = status === 200 ? driveAnswer.safeParse(body) : null;
    const used = answer?.success === true ? readQuota(answer.data.quota).usedBytes : null;
    if (used !== null) sizes.set(id, used);
    else if (status !== 200 && status !== 404) skipped.note('site-sizes', `Microsoft did not show the size of some sites (${status}): they are locked, or closed to the application.`);
  }
  return sizes;
}
