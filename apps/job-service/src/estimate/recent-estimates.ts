/**
 * Estimates that are asked for again within a moment: a page that shows a job asks every second or two, often in several windows, and an
 * estimate reads many rows. What was worked out is good for a second; whoever asks while it is being worked out waits for the same.
 */
import type { EstimatedJob, EstimateReader } from './estimate-reader.js';

/** How old an estimate may be that is given out again. */
const keepMs = 1_000;
/** Jobs that are remembered at once; above it the oldest goes first. */
const jobsMax = 1_000;

/** The same reader with a memory of a second for whole jobs. Single units are read as they are. A failure is not remembered. */
export function recentEstimates(estimates: EstimateReader, now: () => number = () => performance.now()): EstimateReader {
  const ofJob = recently<Awaited<ReturnType<EstimateReader['ofJob']>>>(now);
  const ofRealRun = recently<Awaited<ReturnType<EstimateReader['ofRealRun']>>>(now);
  return {
    ...estimates,
    // What changes the estimate at a stroke is in the key; counters move it a little, and a second is soon over.
    ofJob: (job) => ofJob(keyOf(job), () => estimates.ofJob(job)),
    ofRealRun: (job) => ofRealRun(keyOf(job), () => estimates.ofRealRun(job)),
  };
}

const keyOf = ({ orgId, id, status, passes }: EstimatedJob): string => [orgId, id, status, passes.length].join(' ');

function recently<T>(now: () => number): (key: string, read: () => Promise<T>) => Promise<T> {
  /** In the order in which they were asked for, so that the oldest stands first. */
  const kept = new Map<string, { at: number; answer: Promise<T> }>();
  return (key, read) => {
    const known = kept.get(key);
    if (known !== undefined && now() - known.at < keepMs) return known.answer;
    kept.delete(key);
    const entry = { at: now(), answer: read() };
    kept.set(key, entry);
    entry.answer.catch(() => {
      if (kept.get(key) === entry) kept.delete(key);
    });
    for (const [oldest, { at }] of kept) {
      if (kept.size <= jobsMax && now() - at < keepMs) break;
      kept.delete(oldest);
    }
    return entry.answer;
  };
}
