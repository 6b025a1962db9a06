/** Tells job-service every few seconds that this worker is there: estimates count on it. Whether anything is handed out does not depend on it. */
import { workerAnnounceSeconds } from '@migrator/contracts/internal';
import type { Logger } from '@migrator/service-kit/logger';
import type { JobService } from './job-service.js';

/** How soon a word that did not arrive is said again: an estimate without it says that no worker is there. */
const againMs = 500;

/** Returns how to take leave. */
export function announceWorker({ jobs, logger, workerId, units }: { jobs: Pick<JobService, 'announce'>; logger: Logger; workerId: string; units: number }): () => Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const say = async (places: number): Promise<number> => {
    try {
      await jobs.announce(workerId, places);
      return workerAnnounceSeconds * 1_000;
    } catch (error) {
      logger.debug({ err: error }, 'the worker could not announce itself; it tries again');
      return againMs;
    }
  };
  let leaving = false;
  const stay = async (): Promise<void> => {
    const nextMs = await say(units);
    if (!leaving) timer = setTimeout(() => (saying = stay()), nextMs);
  };
  let saying = stay();
  return async () => {
    leaving = true;
    clearTimeout(timer);
    await saying;
    await say(0);
  };
}
