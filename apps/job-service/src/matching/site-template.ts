/** What the root of a site was made from, as far as it matters: whether such a site can be made again. Pure. */

/**
 * `group`: of a Microsoft 365 group. `channel`: of a private or shared channel, made by Teams. `communication`, `team`: modern sites
 * without a group. `own`: SharePoint's own (search centre, catalogue of apps, host of OneDrives), nobody's content. `classic`: everything else.
 */
export type SiteTemplate = 'group' | 'channel' | 'communication' | 'team' | 'own' | 'classic';

/**
 * Usage reports write the template by its name, and some tenants' by its code. SharePoint's own are those that the SharePoint admin centre
 * leaves out of its list of active sites.
 */
const templates: readonly [SiteTemplate, RegExp][] = [
  ['group', /^group(#\d+)?$/i],
  ['channel', /^(teamchannel(#\d+)?|team channel|private channel.*|shared channel.*)$/i],
  ['communication', /^(sitepagepublishing(#\d+)?|communication site)$/i],
  ['team', /^(sts#3|team site \(no microsoft 365 group\)|team site)$/i],
  ['own', /^(appcatalog|app catalog site|srchcen|srchcentlite|basic search center|enterprise search center|spsmsitehost|my site host|tenantadmin|tenant admin site|pointpublishing(hub|topic)?|pointpublishing hub|edisc|compliance policy center|policyctr|redirectsite)(#\d+)?$/i],
];

/** Null when the report does not name the site: it is new, or names are concealed. */
export function templateOf(reported: string | null): SiteTemplate | null {
  if (reported === null) return null;
  return templates.find(([, pattern]) => pattern.test(reported.trim()))?.[0] ?? 'classic';
}
