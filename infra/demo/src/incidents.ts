/** What befalls a live job of the demonstration on its way. */
import { pauseJobAnswer, resumeJobAnswer, type Job } from '@migrator/contracts/api/jobs';
import { readState, signal, up } from '@migrator/stack';
import type { ApiClient } from './api-client.js';
import type { Screen } from './screen.js';

/** At a third of the work: pause, wait until the workers are idle, resume. At half of it: SIGKILL one worker, and let the stack heal it. */
export function incidents(api: ApiClient, jobId: string, dataDir: string, screen: Screen): { onLook: (job: Job) => Promise<void>; heal: () => Promise<void>; killed: () => number } {
  let step: 'pause' | 'draining' | 'kill' | 'heal' | 'over' = 'pause';
  let killed = 0;
  const share = (job: Job): number => (job.totalItems === 0 ? 0 : job.doneItems / job.totalItems);
  return {
    killed: () => killed,
    // The job may have ended before the next look.
    heal: async () => {
      if (step === 'heal') await up({ dataDir });
    },
    onLook: async (job) => {
      if (step === 'pause' && job.status === 'RUNNING' && share(job) > 0.3) {
        await api.call('PATCH', `/v1/jobs/${jobId}/pause`, pauseJobAnswer);
        screen.log({ id: 'log_00000000000000000000000000', level: 'WARN', message: '(demonstration) paused by us', ts: new Date().toISOString() });
        step = 'draining';
      } else if (step === 'draining' && job.status === 'PAUSED' && !job.draining) {
        await api.call('PATCH', `/v1/jobs/${jobId}/resume`, resumeJobAnswer);
        screen.log({ id: 'log_00000000000000000000000000', level: 'WARN', message: '(demonstration) every worker is idle; resumed by us', ts: new Date().toISOString() });
        step = 'kill';
      } else if (step === 'kill' && job.status === 'RUNNING' && share(job) > 0.5) {
        const victim = readState(dataDir)?.processes['migration-worker-1'];
        if (victim !== undefined && signal(victim, 'SIGKILL')) killed += 1;
        screen.log({ id: 'log_00000000000000000000000000', level: 'WARN', message: '(demonstration) migration-worker-1 killed with SIGKILL', ts: new Date().toISOString() });
        step = 'heal';
      } else if (step === 'heal') {
        step = 'over';
        await up({ dataDir });
      }
    },
  };
}
