/** What a verify pass of the product found, held against what the simulator's comparison says of the same moment. */
import type { Job } from '@migrator/contracts/api/jobs';
import { jobReportAnswer } from '@migrator/contracts/api/report';
import type { PatientApi } from './patient-api.js';

/** What is no difference between the tenants: items that the job itself reported, and content that Graph does not show. */
const expected = new Set(['VERIFY_NOT_COPIED', 'VERIFY_CONTENT_NOT_SHOWN']);

/**
 * Called when the comparison found everything in its place: then the product's own verification must not find anything either, but for
 * the copies of deleted items that the comparison saw too: `kept`, as the job asked.
 */
export async function checkVerification(api: PatientApi, { id, errorItems, skippedItems }: Job, kept: number): Promise<string[]> {
  const { pass, differences } = await api.client.call('GET', `/v1/jobs/${id}/report`, jobReportAnswer);
  const leftBehind = differences.filter(({ code }) => code === 'VERIFY_LEFT_BEHIND');
  const found = differences.filter((difference) => !expected.has(difference.code) && !leftBehind.includes(difference)).map(({ container, class: kind, code, fields, sourceItemId, destItemId }) => `the verification found ${kind} ${code} ${fields.join('+')} in ${container} (${sourceItemId ?? 'none'} and ${destItemId ?? 'none'}), and the comparison nothing`);
  if (leftBehind.length !== kept) found.push(`the verification found ${leftBehind.length} copies left behind, in ${[...new Set(leftBehind.map(({ container }) => container))].sort().join(', ')}, and the comparison ${kept}`);
  const missing = pass.verification?.missing ?? -1;
  // One that failed or was left out only when it changed is there, as it was.
  if (missing > errorItems + skippedItems || missing < 0) found.push(`the verification counts ${missing} missing items, and ${errorItems} failed and ${skippedItems} were left out`);
  if ((pass.verification?.unitsFailed ?? -1) !== 0) found.push(`the verification of ${pass.verification?.unitsFailed ?? 0} units failed`);
  return found;
}
