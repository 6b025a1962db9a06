/** Contacts as Graph's JSON shows them, and the hash of their photo. */
import { createHash } from 'node:crypto';
import { GraphRequestError } from '@migrator/graph-client';
import { saysMailboxMissing, unitErrorOf } from '../errors.js';
import { cleanBody } from '../json/clean.js';
import { contactSelect } from '../json/contact-body.js';
import type { Mailbox } from '../mailbox.js';
import { segment, text } from '../mapi.js';
import { put, sorted, type Fields } from './values.js';

export const contactQuery = [...contactSelect, 'id'] as const;

export async function contactPrint(mailbox: Mailbox, raw: Record<string, unknown>, signal: AbortSignal): Promise<{ fields: Fields; lesser: Fields }> {
  const fields: Fields = {};
  for (const name of contactSelect) put(fields, name, name === 'categories' ? sorted(raw[name]) : raw[name]);
  const lesser: Fields = {};
  const clean = cleanBody(raw);
  // Exchange makes these two up where they are empty, so the copy has the source's display name in both.
  for (const name of contactSelect) if (name !== 'fileAs' && name !== 'displayName') put(lesser, name, name === 'categories' ? sorted(clean[name]) : clean[name]);
  put(lesser, 'displayName', clean['displayName']);
  put(lesser, 'fileAs', clean['fileAs'] ?? clean['displayName']);
  const photo = await photoHash(mailbox, `/contacts/${segment(text(raw['id']) ?? '')}`, signal);
  put(fields, 'photo', photo);
  put(lesser, 'photo', photo);
  return { fields, lesser };
}

async function photoHash(mailbox: Mailbox, path: string, signal: AbortSignal): Promise<string | null> {
  try {
    const response = await mailbox.port.raw('GET', mailbox.user(`${path}/photo/$value`), mailbox.options(signal));
    const digest = createHash('sha256');
    try {
      for await (const piece of response.body) digest.update(piece);
    } finally {
      await response.discard();
    }
    return digest.digest('hex');
  } catch (error) {
    if (error instanceof GraphRequestError && error.kind === 'not_found' && !saysMailboxMissing(error)) return null;
    throw unitErrorOf(error, mailbox.side);
  }
}
