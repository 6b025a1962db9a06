import type { Attachment, Item, ItemContent } from '../../store/item.js';

/** What attachments hang on, looked up anew each time: a message, an event, or one day of a series. */
export interface AttachmentPlace {
  /** Null when it is gone. */
  find(): AttachmentOwner | null;
}

export interface AttachmentOwner {
  readonly item: Item;
  readonly attachments: readonly Attachment[];
  /** The item's content with these attachments in place of its own. */
  withAttachments(attachments: Attachment[]): ItemContent;
}

/** MAPI's HASATTACH bit follows the attachments. */
export function contentWith(content: ItemContent, attachments: Attachment[]): ItemContent {
  return { ...content, attachments, flags: attachments.length > 0 ? content.flags | 16 : content.flags & ~16 };
}
