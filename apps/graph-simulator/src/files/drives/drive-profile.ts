/** What a generated drive holds. Everything follows from the seed; a million files cost no more memory than ten. */
import { z } from 'zod';

const count = (max: number): z.ZodDefault<z.ZodInt> => z.int().min(0).max(max).default(0);

export const driveProfileSchema = z.strictObject({
  /** The content follows from this alone. */
  seed: z.string().default('content'),
  files: count(200_000_000),
  folders: count(1_000_000),
  /** Folders in one folder: together with their number this says how deep they lie. */
  fanout: z.int().min(1).max(10_000).default(5),
  /** Sizes of files in bytes; small ones are more frequent. */
  bytesMin: z.int().min(0).default(1_024),
  bytesMax: z.int().min(0).max(250 * 1024 ** 3).default(256 * 1_024),
  /** Files of exactly these sizes, in the root, besides the others. */
  large: z.array(z.int().min(0).max(250 * 1024 ** 3)).max(10_000).default([]),
  /** Names in many scripts, with every character that a path has to encode, besides plain ones. */
  awkwardNames: z.boolean().default(true),
  /** One file in `n` is of no bytes; 0: none. */
  emptyEvery: z.int().min(0).default(0),
  /** Empty folders besides the others. */
  emptyFolders: count(10_000),
  /** One file in `n` has earlier versions; 0: none. */
  versionsEvery: z.int().min(0).default(0),
  /** One file or folder in `n` is shared with somebody, by turns directly and by links; 0: none. */
  sharedEvery: z.int().min(0).default(0),
  /** One file in `n` cannot be read: it is infected. */
  malwareEvery: z.int().min(0).default(0),
  /** Notebooks of three parts each, and shortcuts to other drives, in the root. */
  notebooks: count(1_000),
  shortcuts: count(1_000),
});
export type DriveProfile = z.output<typeof driveProfileSchema>;
export const parseDriveProfile = (input: unknown): DriveProfile => driveProfileSchema.parse(input ?? {});
