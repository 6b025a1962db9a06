/** Live copies of what was committed, for gateways. Lost ones are made good by the repair (repair-live.ts). */
import type { LiveMessage } from '@migrator/contracts/events';
import type { Id } from '@migrator/contracts/ids';
import { publishControl, publishLive } from '@migrator/messaging/live';
import type { Nats } from '@migrator/messaging/nats';
import { logId } from '../logs/log-id.js';
import type { StoredLine } from '../logs/log-repository.js';

export interface JobDone {
  lastSeq: number;
  status: 'DONE' | 'ERROR' | 'CANCELLED';
  completedAt: Date | null;
}

export interface LivePublisher {
  /** Publishes lines in order of their seq. */
  lines(jobId: string, lines: readonly StoredLine[]): void;
  /** Ends the streams of a job, after line `lastSeq`. */
  done(jobId: string, done: JobDone): void;
  /** Makes workers look at a job's desired state now. */
  control(jobId: string): void;
  /** What was published since the last call, for the record on the job rows. */
  takePublished(): { seqs: Map<string, number>; done: Set<string> };
}

/** A message on NATS may have 1 MiB; 200 lines of 2,000 characters stay below that. */
const linesMax = 150;

export function createLivePublisher(nats: Nats): LivePublisher {
  let seqs = new Map<string, number>();
  let ended = new Set<string>();
  const send = (message: LiveMessage): boolean => {
    if (nats.connection.isClosed()) return false;
    publishLive(nats, message);
    return true;
  };
  return {
    lines: (jobId, lines) => {
      for (let from = 0; from < lines.length; from += linesMax) {
        const chunk = lines.slice(from, from + linesMax).map(({ seq, level, message, at }) => ({ seq, id: logId(jobId, seq, at), level, message, ts: at.toISOString() }));
        if (send({ kind: 'log', jobId: jobId as Id<'job'>, lines: chunk })) seqs.set(jobId, Math.max(seqs.get(jobId) ?? 0, chunk.at(-1)?.seq ?? 0));
      }
    },
    done: (jobId, { lastSeq, status, completedAt }) => {
      if (send({ kind: 'done', jobId: jobId as Id<'job'>, lastSeq, status, completedAt: completedAt?.toISOString() ?? null })) ended.add(jobId);
    },
    control: (jobId) => {
      publishControl(nats, jobId);
    },
    takePublished: () => {
      const taken = { seqs, done: ended };
      seqs = new Map();
      ended = new Set();
      return taken;
    },
  };
}
