/** How much and what a generated mailbox holds. Every number is for one mailbox. */
import { z } from 'zod';

export const profileSchema = z.strictObject({
  /** The content follows from this alone. */
  seed: z.string().default('content'),
  /** Messages in all mail folders together. */
  messages: z.number().int().min(0).max(200_000_000).default(0),
  /** Mail folders besides the standard ones; nested to depth 4, names in many scripts. */
  mailFolders: z.number().int().min(0).max(10_000).default(0),
  events: z.number().int().min(0).max(1_000_000).default(0),
  contacts: z.number().int().min(0).max(1_000_000).default(0),
  tasks: z.number().int().min(0).max(1_000_000).default(0),
  notes: z.number().int().min(0).max(1_000_000).default(0),
  journal: z.number().int().min(0).max(1_000_000).default(0),
  /** Body length of an ordinary message, in characters; 0: a realistic mix. */
  bodyChars: z.number().int().min(0).max(50_000_000).default(0),
  /** One message in `n` has a small attachment; 0: none. */
  attachmentEvery: z.number().int().min(0).default(7),
  /** Large attachments: each of these sizes in bytes comes once, in the inbox. */
  largeAttachments: z.array(z.number().int().min(0).max(150 * 1024 * 1024)).max(1_000).default([]),
  /** Items that fail: read by neither path; export only; refused by the destination. */
  refusedReads: z.number().int().min(0).default(0),
  refusedExports: z.number().int().min(0).default(0),
  refusedImports: z.number().int().min(0).default(0),
  /** One series, one contact and one task each that only exports refuse. */
  refusedOthers: z.boolean().default(false),
  /** Categories, rules, settings, focused inbox overrides. */
  settings: z.boolean().default(true),
  /** Hidden, search and system folders that must not be copied, with content. */
  untouchables: z.boolean().default(true),
});
export type Profile = z.output<typeof profileSchema>;
export const parseProfile = (input: unknown): Profile => profileSchema.parse(input ?? {});

const megabyte = 1024 * 1024;

/** Mailbox number `index` of the demonstration's 25: together about 5,000 items, among them attachments up to 30 MB. */
export function demoProfile(seed: string, index: number, shared: boolean): Profile {
  const busy = index % 5 === 0;
  return parseProfile({
    seed,
    messages: busy ? 260 : shared ? 90 : 120,
    mailFolders: busy ? 14 : 6,
    events: busy ? 36 : 22,
    contacts: busy ? 30 : 16,
    tasks: 10,
    notes: 4,
    journal: busy ? 2 : 0,
    largeAttachments: index === 0 ? [30 * megabyte, 5 * megabyte] : index === 4 ? [12 * megabyte] : index % 6 === 1 ? [5 * megabyte] : [],
    refusedReads: index === 2 || index === 7 ? 1 : 0,
    refusedExports: index === 1 || index === 5 || index === 9 ? 2 : 0,
    refusedImports: index === 3 ? 1 : 0,
    refusedOthers: index === 8,
  });
}

/** A mailbox of the `small` preset: a few of everything. */
export const smallProfile = (seed: string): Profile => parseProfile({ seed, messages: 24, mailFolders: 3, events: 12, contacts: 6, tasks: 4, notes: 2, largeAttachments: [4 * megabyte], refusedReads: 1, refusedExports: 1 });
