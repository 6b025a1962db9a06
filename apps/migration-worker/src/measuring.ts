/** What `bench/` drives of this program: the ledger as units use it. Nothing of the product imports this. */
import { join } from 'node:path';

export { hash64, itemMark, type Route } from './engine/item-keys.js';
export { openLedger } from './engine/ledger.js';
export { LedgerWriter } from './engine/ledger-writer.js';
export { countedAs, doneCodes, itemStates } from './engine/outcome-codes.js';
export { noChange, type ContainerEntry, type ItemIdentity, type RecordedOutcome, type UnitLedger } from './engine/unit-ledger.js';

/** The SQL of the schema `worker`. */
export const migrations = join(import.meta.dirname, '../migrations');
