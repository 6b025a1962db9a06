/** What the ledger holds that nobody may read in it: notes on transfers under way, and addresses that let people in. */
import { linksPurpose } from '@migrator/contracts/links';
import type { Secret } from '@migrator/service-kit/config';
import { createSeal, type Seal } from '@migrator/service-kit/seal';

export interface LedgerSeals {
  readonly notes: Seal;
  /** Opened by job-service, for whoever may read them. */
  readonly links: Seal;
}

export const createLedgerSeals = (key: Secret): LedgerSeals => ({ notes: createSeal(key, 'migration-worker unfinished transfers'), links: createSeal(key, linksPurpose) });
