/** Generated mail: message number `index` of a folder, the same each time. */
import { heldContent, seededContent } from '../store/content.js';
import type { ItemSource } from '../store/folder.js';
import { blankContent, flagRead, flagUnsent, type Attachment, type ItemContent, type PlantedRefusal } from '../store/item.js';
import type { Profile } from './profile.js';
import { Rng, searchKey } from './random.js';
import { categoryNames, person, subjects, text } from './words.js';

const day = 86_400_000;
const iso = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
/** All generated mail was received before this moment, one minute to three hours apart. */
const newestMs = Date.UTC(2026, 8, 30, 12);

export interface MessageFolderSpec {
  seed: string;
  domain: string;
  owner: { name: string; address: string };
  profile: Profile;
  count: number;
  kind: 'received' | 'sent' | 'drafts';
  /** Sizes of the large attachments that come first in this folder. */
  large?: readonly number[];
  /** Refusals, given to the items after the large ones. */
  refusals?: readonly PlantedRefusal[];
}

export function messageSource(spec: MessageFolderSpec): ItemSource {
  const refusals = spec.refusals ?? [];
  const large = spec.large ?? [];
  return {
    count: spec.count,
    item: (index) => message(spec, index, large[index]),
    refusal: (index) => refusals[index - large.length] ?? null,
    createdAt: (index) => iso(newestMs - index * 4_000_000 - new Rng(`${spec.seed} at ${String(index)}`).below(60_000)),
  };
}

/** One message in 60 is the copy its owner made of its neighbour: the same in everything, search key and all. */
const original = (index: number): number => (index % 60 === 59 ? index - 1 : index);

const messageId = ({ seed, domain, kind }: MessageFolderSpec, index: number): string => `<${new Rng(`${seed} message id ${String(index)}`).hex(12).toLowerCase()}.${String(index)}@${kind === 'received' ? 'mail.example' : domain}>`;

function message(spec: MessageFolderSpec, place: number, largeBytes: number | undefined): ItemContent {
  const index = original(place);
  const { profile, domain, owner, kind } = spec;
  const rng = new Rng(`${spec.seed} message ${String(index)}`);
  const receivedMs = newestMs - index * 4_000_000 - rng.below(3_000_000);
  const subject = rng.pick(subjects);
  const html = rng.chance(2);
  const chars = profile.bodyChars > 0 ? profile.bodyChars : 80 + rng.below(rng.chance(12) ? 20_000 : 2_000);
  const words = text(rng, chars);
  const outside = person(rng, domain);
  const received = kind === 'received';
  const from = received ? outside : owner;
  // Drafts without recipients, and mail that reached its owner as a blind copy.
  const to = (kind === 'drafts' && rng.chance(2)) || rng.chance(30) ? [] : [received ? owner : outside, ...(rng.chance(4) ? [person(rng, domain)] : [])];
  const attachments = attachmentsOf(rng, spec, index, largeBytes);
  const inline = html && attachments.some((each) => each.isInline);
  const flags = (rng.chance(3) && received ? 0 : flagRead) | (kind === 'drafts' ? flagUnsent : 0) | (attachments.length > 0 ? 16 : 0);
  const meeting = received && rng.chance(40);
  const answers = index > 0 && rng.chance(4) ? messageId(spec, index - 1) : null;
  const answered = received && rng.chance(8);
  return {
    ...blankContent(meeting ? 'IPM.Schedule.Meeting.Request' : 'IPM.Note'),
    subject: answers === null ? subject : `RE: ${subject}`,
    body: html ? { contentType: 'html', content: `<html><head><meta http-equiv="Content-Type" content="text/html; charset=utf-8"></head><body><p>${words}</p>${inline ? '<img src="cid:picture1">' : ''}</body></html>` } : { contentType: 'text', content: words },
    from,
    sender: from,
    to,
    cc: rng.chance(5) ? [person(rng, domain)] : [],
    bcc: kind === 'sent' && rng.chance(9) ? [person(rng, domain)] : [],
    replyTo: received && rng.chance(15) ? [outside] : [],
    sentAt: iso(receivedMs - 3_000),
    receivedAt: iso(receivedMs),
    flags,
    importance: rng.chance(10) ? 'high' : rng.chance(20) ? 'low' : 'normal',
    sensitivity: rng.chance(25) ? 'private' : 'normal',
    categories: rng.chance(6) ? [rng.pick(categoryNames)] : [],
    followUp: rng.chance(9) ? { status: 'flagged', startAt: iso(receivedMs), dueAt: iso(receivedMs + 3 * day), completedAt: null } : rng.chance(15) ? { status: 'complete', startAt: null, dueAt: null, completedAt: iso(receivedMs + day) } : { status: 'notFlagged', startAt: null, dueAt: null, completedAt: null },
    inferenceClassification: rng.chance(4) ? 'other' : 'focused',
    internetMessageId: messageId(spec, index),
    inReplyTo: answers,
    references: answers,
    // A reply's index is longer than its first message's by five bytes.
    conversationIndex: Buffer.from(`01${rng.hex(answers === null ? 21 : 26)}`, 'hex').toString('base64'),
    conversationTopic: subject.replace(/^(RE|AW|回复): ?/gi, ''),
    searchKey: searchKey(spec.seed, index),
    attachments,
    properties: {
      ...(received ? { 'String 0x7d': `Received: from mail.example (192.0.2.${String(rng.below(250))}) by ${domain}\r\nX-Spam-Score: ${String(rng.below(9))}\r\n` } : {}),
      // Shown as the arrow on a message that was answered: 261 is its icon, 102 "reply".
      ...(answered ? { 'Integer 0x1080': '261', 'Integer 0x1081': '102', 'SystemTime 0x1082': iso(receivedMs + day) } : {}),
    },
  };
}

function attachmentsOf(rng: Rng, { seed, profile, domain, owner }: MessageFolderSpec, index: number, largeBytes: number | undefined): Attachment[] {
  const name = `${seed} attachment ${String(index)}`;
  const modifiedAt = iso(newestMs - index * 4_000_000);
  if (largeBytes !== undefined) return [{ kind: 'file', key: index * 8 + 1, name: `Präsentation ${String(index)}.bin`, contentType: 'application/octet-stream', isInline: false, contentId: null, modifiedAt, content: seededContent(name, largeBytes) }];
  if (!rng.chance(profile.attachmentEvery)) return [];
  const shape = rng.below(8);
  if (shape === 0) return [{ kind: 'reference', key: index * 8 + 1, name: 'shared.docx', isInline: false, modifiedAt, sourceUrl: `https://${domain.split('.')[0] ?? 'contoso'}.sharepoint.com/sites/docs/shared.docx` }];
  if (shape === 1) {
    const inner: ItemContent = { ...blankContent('IPM.Note'), subject: 'Forwarded as attachment', body: { contentType: 'text', content: text(rng, 300) }, from: owner, sender: owner, to: [person(rng, domain)], sentAt: modifiedAt, receivedAt: modifiedAt, internetMessageId: `<inner.${String(index)}@mail.example>`, attachments: [{ kind: 'file', key: 1, name: 'inner.txt', contentType: 'text/plain', isInline: false, contentId: null, modifiedAt, content: heldContent(Buffer.from(text(rng, 200))) }] };
    return [{ kind: 'item', key: index * 8 + 1, name: 'Forwarded as attachment', isInline: false, modifiedAt, item: inner }];
  }
  const size = 1_024 + rng.below(shape === 2 ? 400_000 : 30_000);
  const file: Attachment = { kind: 'file', key: index * 8 + 1, name: shape === 3 ? 'Ünïcode – 文件.pdf' : `report-${String(index)}.pdf`, contentType: 'application/pdf', isInline: false, contentId: null, modifiedAt, content: seededContent(name, size) };
  if (shape !== 4) return [file];
  return [file, { kind: 'file', key: index * 8 + 2, name: 'picture1.png', contentType: 'image/png', isInline: true, contentId: 'picture1', modifiedAt, content: seededContent(`${name} inline`, 6_000) }];
}
