/** A destination that is still to be made: a site known by the address that it will have. Where Microsoft's id of a site is expected, this stands. */
const mark = 'new:';

/** `hostname`: of the destination's SharePoint; `name`: the end of the site's address. */
export const newSiteId = (hostname: string, name: string): string => `${mark}${hostname}:/sites/${name}`;

/** The path by which Graph finds such a site (`contoso.sharepoint.com:/sites/plans`); null for the id of one that is there. */
export const pathOfNewSite = (microsoftId: string): string | null => (microsoftId.startsWith(mark) ? microsoftId.slice(mark.length) : null);
