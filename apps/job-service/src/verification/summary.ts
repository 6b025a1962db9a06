/** What a verify pass found, in numbers. Pure. */
import type { Pass, VerificationSummary } from '@migrator/contracts/api/jobs';

/** The sums of a pass row. */
export interface VerificationSums {
  verifiedUnits: number;
  verifyingUnits: number;
  unverifiedUnits: number;
  itemsRead: number;
  sourceItems: number;
  matched: number;
  missing: number;
  extra: number;
  differs: number;
  notComparable: number;
  containersDiffer: number;
}

/** Null for passes that verify nothing. */
export function summaryOf(pass: Pick<Pass, 'mode' | 'status'>, sums: VerificationSums): VerificationSummary | null {
  if (pass.mode !== 'verify') return null;
  const { itemsRead, sourceItems, matched, missing, extra, differs, notComparable } = sums;
  const units = sums.verifiedUnits + sums.verifyingUnits + sums.unverifiedUnits;
  return { outcome: outcomeOf(pass, sums), units, unitsVerified: sums.verifiedUnits, unitsFailed: sums.unverifiedUnits, ...{ itemsRead, sourceItems, matched, missing, extra, differs, notComparable } };
}

function outcomeOf({ status }: Pick<Pass, 'status'>, { verifyingUnits, unverifiedUnits, missing, extra, differs, containersDiffer }: VerificationSums): VerificationSummary['outcome'] {
  if (status !== 'DONE' && status !== 'ERROR') return null;
  if (unverifiedUnits > 0 || verifyingUnits > 0) return 'incomplete';
  return missing + extra + differs + containersDiffer > 0 ? 'differences' : 'clean';
}
