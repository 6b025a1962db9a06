/** What can go wrong between an export and its import, besides a failed request. */

/** The export answer ended early or is not the JSON it should be: nothing read so far may be taken as a whole item. */
export class ExportUnreadable extends Error {
  override readonly name = 'ExportUnreadable';
}

/** The source delivered the answer, but not this item. */
export class ExportRefused extends Error {
  override readonly name = 'ExportRefused';
  constructor(
    /** Exchange's code for this item; null when the item was left out without a word. */
    readonly code: string | null,
    readonly requestId: string | null,
  ) {
    super(`the export left the item out${code === null ? '' : ` (${code})`}`);
  }
}

/** The destination took the item but its answer never came whole: the item may be there. */
export class ImportUnanswered extends Error {
  override readonly name = 'ImportUnanswered';
}
