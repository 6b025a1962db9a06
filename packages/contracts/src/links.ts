/**
 * Sharing links that were made anew. Some let in whoever has their address, so addresses are sealed wherever they are kept or sent: a
 * worker seals them, job-service opens them for whoever may read them (docs/adr/0011-addresses-of-links.md). The context of the seal
 * is the item's key in its report.
 */
import { z } from 'zod';

export const linksPurpose = 'addresses of links';

export const newLinkSchema = z.object({
  /** `view` or `edit`. */
  type: z.string(),
  /** Whom it lets in: `anonymous`, `organization` or `users`. */
  scope: z.string(),
  /** Its address at the source; null where the source does not show it. */
  from: z.string().nullable(),
  to: z.string(),
});
export type NewLink = z.infer<typeof newLinkSchema>;

/** What is sealed: a thing by its path, for people, and its links. */
export const newLinksSchema = z.object({ path: z.string(), links: z.array(newLinkSchema).min(1) });
export type NewLinks = z.infer<typeof newLinksSchema>;
