/** What the verify pass compared and found, for the last step and the summary. Pure. */
import type { JobReport } from '@migrator/contracts/api/report';

export interface Verification {
  outcome: string;
  /** Items of the source that were compared. */
  compared: number;
  equal: number;
  /** Missing, or there in part alone, and the job itself had said why. */
  knownMissing: number;
  /** Differences that nobody had announced: must be 0. */
  unexpected: number;
  /** Items of which something could not be compared. */
  notComparable: number;
  /** The destination's own items, which are nobody's damage. */
  own: number;
}

const announced = ({ code }: JobReport['differences'][number]): boolean => code === 'VERIFY_NOT_COPIED' || code === 'VERIFY_PARTLY_COPIED';
const damageOf = ({ differences }: JobReport): JobReport['differences'] => differences.filter((each) => each.class !== 'not_comparable');

/** In words, what nobody had announced. */
export const unexpectedOf = (report: JobReport): string[] => damageOf(report).filter((each) => !announced(each)).map(({ code, kind, source, container, fields }) => `${code}: ${kind} in ${source} / ${container}${fields.length === 0 ? '' : ` (${fields.join(', ')})`}`);

export function verificationOf(report: JobReport): Verification {
  const { pass: { verification }, units } = report;
  const damage = damageOf(report);
  const known = damage.filter(announced);
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
  `compared ${compared} items on both sides: ${equal} equal, ${knownMissing} missing or incomplete for reasons the job gave, ${unexpected} other differences; of ${notComparable} Microsoft does not show everything; ${own} of the destination's own left alone`;
