/** What `bench/` drives of this program: the ledger as units use it, and what is known of files. Nothing of the product imports this. */
import { join } from 'node:path';
import { Secret } from '@migrator/service-kit/config';
import { createLedgerSeals } from './engine/ledger-seals.js';

export { hash64, itemMark, type Route } from './engine/item-keys.js';
export { openLedger } from './engine/ledger.js';
export { LedgerWriter } from './engine/ledger-writer.js';
export { countedAs, doneCodes, itemStates } from './engine/outcome-codes.js';
export { noChange, type ContainerEntry, type ItemIdentity, type RecordedOutcome, type UnitLedger } from './engine/unit-ledger.js';

export { copyVersion, parseDriveItem, sourceSelect } from './workloads/drive/drive-item.js';
export { sourceItem } from './workloads/drive/list-items.js';
export { QuickXorHash } from './workloads/drive/quick-xor-hash.js';
export { fragmentBytes } from './workloads/drive/upload.js';

/** A measured ledger keeps nothing that is sealed; it has to have the seals. */
export const ledgerSeals = createLedgerSeals(new Secret('a key for measuring'));

/** The SQL of the schema `worker`. */
export const migrations = join(import.meta.dirname, '../migrations');
