/**
 * Outcomes as the ledger stores them: small numbers, never reused and never changed once released, because rows keep them for
 * years. A code that contracts gains does not compile until it has a number here.
 */
import type { ItemFailure, SkipCause } from '@migrator/contracts/outcomes';

export const itemStates = { claimed: 1, done: 2, failed: 3, skipped: 4 } as const;
export type ItemState = (typeof itemStates)[keyof typeof itemStates];

/** In which of a unit's counters an item stands. */
export const countedAs = { nothing: 0, done: 1, error: 2, skipped: 3 } as const;
export type CountedAs = (typeof countedAs)[keyof typeof countedAs];

export const doneCodes = { copied: 1, updated: 2, adopted: 3 } as const;

export const skipNumbers = {
  FILTERED_OUT: 101,
  SOURCE_ITEM_GONE: 102,
  DEST_ITEM_CHANGED: 103,
  RULE_NOT_PORTABLE: 104,
  RULE_TARGET_UNMAPPED: 105,
  SETTING_REFUSED: 106,
  NO_DESTINATION: 107,
  DEPARTED_COPY_CHANGED: 108,
  SOURCE_ITEM_INFECTED: 109,
  LINK_NOT_COPIED: 110,
  VERSIONS_INCOMPLETE: 111,
  IDENTITY_UNRESOLVED: 112,
  SHARING_FORBIDDEN: 113,
  SHARING_REFUSED: 114,
  LINK_HAS_PASSWORD: 115,
  SHARING_NOT_PORTABLE: 116,
  COLUMN_NOT_CARRIED: 121,
  VALUES_NOT_CARRIED: 122,
  ATTACHMENTS_NOT_CARRIED: 123,
  LIST_FOLDER_NOT_CARRIED: 124,
  WEB_PART_NOT_CARRIED: 125,
  SITE_SETTINGS_NOT_CARRIED: 126,
  WEB_PART_NAMES_FILE: 127,
  COLUMN_REFUSED: 128,
  CONTENT_TYPE_NOT_CARRIED: 129,
  WEB_PART_NAMES_PERSON: 130,
} as const satisfies Record<SkipCause, number>;

export const failureNumbers = {
  SOURCE_ITEM_CORRUPT: 201,
  SOURCE_READ_FAILED: 202,
  DEST_ITEM_REFUSED: 203,
  DEST_ITEM_TOO_LARGE: 204,
  DEST_MAILBOX_FULL: 205,
  DEST_WRITE_FAILED: 206,
  WRITE_UNRESOLVED: 207,
  INTERNAL: 208,
  NEEDED_ITEM_NOT_COPIED: 209,
  NEEDED_COPY_GONE: 210,
  SOURCE_ITEM_LOCKED: 211,
  SOURCE_ITEM_CHANGING: 212,
  SOURCE_CONTENT_DIFFERS: 213,
  DEST_ITEM_LOCKED: 214,
  DEST_PATH_TOO_LONG: 215,
  DEST_CONTENT_DIFFERS: 216,
  PERSON_NOT_AT_DESTINATION: 221,
} as const satisfies Record<ItemFailure, number>;
