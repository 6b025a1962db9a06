// Turns Jest's report into the two numbers of the last line. A skipped test counts as failed: nothing is left out in silence.
export function countTests(report, exitedWell) {
  if (report === null) return { passed: 0, failed: 1 };
  const broken = report.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0).length;
  const failed = report.numFailedTests + report.numPendingTests + report.numTodoTests + broken;
  // Jest can fail without a failed test (a set-up that threw): that must show.
  return { passed: report.numPassedTests, failed: failed === 0 && !exitedWell ? 1 : failed };
}

export const summary = ({ passed, failed }) => `${passed} passed, ${failed} failed`;
