/** What the verify pass compared and found, for the last step and the summary. Pure. */
import type { JobReport } from '@migrator/contracts/api/report';

export interface Verification {
  outcome: string;
  /** Items of the source that were compared. */
  compared: number;
  equal: number;
  /** Missing, and the job itself had said why. */
  knownMissing: number;
  /** Differences that nobody had announced: must be 0. */
  unexpected: number;
  /** Items of which something could not be compared. */
  notComparable: number;
  /** The destination's own items, which are nobody's damage. */
  own: number;
}

export function verificationOf({ pass: { verification }, units, differences }: JobReport): Verification {
  const damage = differences.filter((each) => each.class !== 'not_comparable');
  const known = damage.filter(({ code }) => code === 'VERIFY_NOT_COPIED');
  return {
    outcome: verification?.outcome ?? 'incomplete',
    compared: verification?.sourceItems ?? 0,
    equal: verification?.matched ?? 0,
    knownMissing: known.length,
    unexpected: damage.length - known.length,
    notComparable: verification?.notComparable ?? 0,
    own: units.reduce((sum, unit) => sum + unit.ownItems, 0),
  };
}

export const verificationLine = ({ compared, equal, knownMissing, unexpected, notComparable, own }: Verification): string =>
  `compared ${compared} items on both sides: ${equal} equal, ${knownMissing} missing for reasons the job gave, ${unexpected} other differences; of ${notComparable} Microsoft does not show everything; ${own} of the destination's own left alone`;
