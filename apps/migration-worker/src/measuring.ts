/** What `bench/` drives of this program: the ledger as units use it. Nothing of the product imports this. */
import { join } from 'node:path';
import { Secret } from '@migrator/service-kit/config';
import { createNoteSeal } from './units/note-seal.js';

export { hash64, itemMark, type Route } from './engine/item-keys.js';
export { openLedger } from './engine/ledger.js';
export { LedgerWriter } from './engine/ledger-writer.js';
export { countedAs, doneCodes, itemStates } from './engine/outcome-codes.js';
export { noChange, type ContainerEntry, type ItemIdentity, type RecordedOutcome, type UnitLedger } from './engine/unit-ledger.js';

/** A measured ledger keeps no notes; it has to have a seal for them. */
export const noteSeal = createNoteSeal(new Secret('a key for measuring'));

/** The SQL of the schema `worker`. */
export const migrations = join(import.meta.dirname, '../migrations');
