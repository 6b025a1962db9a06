/** What all public calls share: times, lists, errors. */
import { z } from 'zod';

/** ISO 8601, UTC, ending in Z. */
export const timeSchema = z.iso.datetime({ offset: false });
export const nullableTime = timeSchema.nullable();

/** Page parameters; `cursor` is opaque and only valid on the server that issued it. */
export const pageQuery = (limitDefault: number, limitMax: number) =>
  z.object({
    limit: z.coerce.number('must be a whole number').int('must be a whole number').min(1).max(limitMax).default(limitDefault),
    cursor: z.string().min(1).max(512).optional(),
  });

/** Lists that come whole, as a stream, unless one of these is given; then they come in pages (default 20). */
export const wholeListQuery = z.object({
  limit: z.coerce.number('must be a whole number').int('must be a whole number').min(1).max(100).optional(),
  cursor: z.string().min(1).max(512).optional(),
  search: z.string().min(1).max(200).refine((text) => text.isWellFormed() && !text.includes('\u0000'), 'must be well-formed text').optional(),
});
export type WholeListQuery = z.output<typeof wholeListQuery>;
/** Present when a page was asked for. */
export const optionalPageFields = { nextCursor: z.string().nullable().optional(), hasMore: z.boolean().optional() };

export const pageFields = { nextCursor: z.string().nullable(), hasMore: z.boolean() };

export const deletedSchema = z.object({ deleted: z.literal(true) });

/** Text without control characters and lone surrogates, which PostgreSQL or terminals would choke on. */
export const cleanText = (max: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(max)
    // eslint-disable-next-line no-control-regex
    .regex(/^[^\u0000-\u001f\u007f]*$/, 'must not contain control characters')
    .refine((text) => text.isWellFormed(), 'must be well-formed Unicode');
