/** Tells job-service every few seconds that this worker is there: estimates count on it. Whether anything is handed out does not depend on it. */
import { workerAnnounceSeconds } from '@migrator/contracts/internal';
import type { Logger } from '@migrator/service-kit/logger';
import type { JobService } from './job-service.js';

/** Returns how to take leave. */
export function announceWorker({ jobs, logger, workerId, units }: { jobs: Pick<JobService, 'announce'>; logger: Logger; workerId: string; units: number }): () => Promise<void> {
  let saying: Promise<void> = Promise.resolve();
  const say = (places: number): Promise<void> => {
    saying = saying.then(() => jobs.announce(workerId, places)).catch((error: unknown) => {
      logger.debug({ err: error }, 'the worker could not announce itself; it tries again');
    });
    return saying;
  };
  void say(units);
  const timer = setInterval(() => void say(units), workerAnnounceSeconds * 1_000);
  return () => {
    clearInterval(timer);
    return say(0);
  };
}
