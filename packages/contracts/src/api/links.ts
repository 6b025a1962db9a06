/** The links of shared things that were made anew, with their addresses before and after. */
import { z } from 'zod';
import { idSchema } from '../ids.js';
import { newLinkSchema } from '../links.js';
import { reportFormats } from './report.js';

export const listedLinkSchema = newLinkSchema.extend({
  unitId: idSchema('unt'),
  source: z.string(),
  dest: z.string().nullable(),
  /** Path of what is shared, as the source has it. */
  path: z.string(),
  /** When it was found or made at the destination. */
  at: z.iso.datetime(),
}).meta({ id: 'Link', description: 'A sharing link that was made anew at the destination.' });

export const jobLinksQuery = z.strictObject({ format: z.enum(reportFormats).default('json') });
export const jobLinksAnswer = z.object({ jobId: idSchema('job'), links: z.array(listedLinkSchema), /** Things whose links were kept under an `INTERNAL_SIGNING_KEY` that is no longer in use. */ unreadable: z.number().int() }).meta({ id: 'JobLinks', description: 'Sharing links of a job, with their new addresses.' });
export type ListedLink = z.infer<typeof listedLinkSchema>;
