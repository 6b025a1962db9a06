/** All live logs of this gateway: one NATS subscription, one channel per job that somebody reads. */
import type { LiveMessage } from '@migrator/contracts/events';
import type { Logger } from '@migrator/service-kit/logger';
import { JobChannel, type Reader } from './job-channel.js';
import type { LogSource, StoredLine } from './log-source.js';

export interface LogHubDeps {
  source: LogSource;
  logger: Logger;
  /** Lines fetched at once; default 1,000. */
  pageSize?: number;
}

/** A client of one log. */
export interface LogClient extends Reader {
  /** The job exists and may be read: the answer begins. */
  open(): void;
  /** Writes stored lines; resolves when the client can take more. */
  replay(lines: readonly StoredLine[]): Promise<void>;
  /** True once the client has left. */
  gone(): boolean;
}

export interface FollowRequest {
  orgId: string;
  jobId: string;
  /** Where to begin: after a sequence number (0: from the start) or after a log id. */
  after: { seq: number } | { id: string };
  requestId: string;
}

export class LogHub {
  readonly #channels = new Map<string, { channel: JobChannel; users: number }>();

  constructor(private readonly deps: LogHubDeps) {}

  receive(message: LiveMessage): void {
    this.#channels.get(message.jobId)?.channel.receive(message);
  }

  /** Makes every channel ask for what it may have missed. */
  resyncAll(): void {
    for (const { channel } of this.#channels.values()) void channel.resync();
  }

  /**
   * Follows a job's log: replays what is stored, then goes live. Returns how to leave, to be called once the client is gone or its
   * stream has ended. Throws what job-service answered, if that happens before the stream was opened.
   */
  follow({ orgId, jobId, after, requestId }: FollowRequest, client: LogClient): { joined: Promise<void>; leave(): void } {
    const { source, pageSize = 1_000 } = this.deps;
    const channel = this.#acquire(orgId, jobId, requestId);
    const join = async (): Promise<void> => {
      let position = after;
      for (let first = true; ; first = false) {
        const page = await source.page(orgId, jobId, position, pageSize, requestId);
        if (first) client.open();
        if (client.gone()) return;
        const last = page.lines.at(-1);
        if (last !== undefined) {
          await client.replay(page.lines);
          client.seq = last.seq;
        } else if ('id' in position) client.seq = page.lastSeq;
        position = { seq: client.seq };
        if (client.gone()) return;
        if (client.seq < page.lastSeq) continue;
        if (page.status === 'DONE' || page.status === 'ERROR') {
          client.end({ status: page.status, completedAt: page.completedAt });
          return;
        }
        if (channel.join(client)) return;
      }
    };
    let left = false;
    return {
      joined: join(),
      leave: () => {
        if (left) return;
        left = true;
        channel.leave(client);
        this.#release(jobId);
      },
    };
  }

  #acquire(orgId: string, jobId: string, requestId: string): JobChannel {
    const entry = this.#channels.get(jobId);
    if (entry !== undefined) {
      entry.users += 1;
      return entry.channel;
    }
    const { source, logger, pageSize = 1_000 } = this.deps;
    const channel = new JobChannel({
      fetch: (afterSeq) => source.page(orgId, jobId, { seq: afterSeq }, pageSize, requestId),
      onError: (error) => {
        logger.warn({ jobId, err: error }, 'a job log could not be followed; its readers are asked to come back');
      },
    });
    this.#channels.set(jobId, { channel, users: 1 });
    return channel;
  }

  #release(jobId: string): void {
    const entry = this.#channels.get(jobId);
    if (entry === undefined) return;
    entry.users -= 1;
    if (entry.users === 0) this.#channels.delete(jobId);
  }
}
