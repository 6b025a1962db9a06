/** All live logs of this gateway: one NATS subscription, one channel per organisation and job that somebody reads. */
import { setTimeout as delay } from 'node:timers/promises';
import type { LiveMessage } from '@migrator/contracts/events';
import type { InternalLogsAnswer } from '@migrator/contracts/internal';
import { AppError } from '@migrator/contracts/errors';
import type { Logger } from '@migrator/service-kit/logger';
import { cancelled, isGone, JobChannel, type Patience, type Reader } from './job-channel.js';
import type { LogSource, StoredLine } from './log-source.js';

export interface LogHubDeps {
  source: LogSource;
  logger: Logger;
  /** Lines fetched at once; default 500. */
  pageSize?: number;
  /** Default: a try each second, for a minute. */
  patience?: Patience;
  /** Within how many milliseconds lines of one log share a write; default 50. */
  gatherMs?: number;
}

/** A client of one log. */
export interface LogClient extends Reader {
  /** The job exists and may be read: the answer begins. */
  open(): void;
  /** Writes stored lines; resolves when the client can take more, or has left. */
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

interface Entry {
  channel: JobChannel;
  users: number;
}

export class LogHub {
  /** By job, then by organisation: whoever asks for another organisation's job must not share a channel with its people. */
  readonly #channels = new Map<string, Map<string, Entry>>();
  readonly #patience: Patience;
  readonly #pageSize: number;

  constructor(private readonly deps: LogHubDeps) {
    this.#patience = deps.patience ?? { retryMs: 1_000, awayMs: 60_000 };
    this.#pageSize = deps.pageSize ?? 500;
  }

  receive(message: LiveMessage): void {
    for (const { channel } of this.#channels.get(message.jobId)?.values() ?? []) channel.receive(message);
  }

  /** Makes every channel ask for what it may have missed. */
  resyncAll(): void {
    for (const ofJob of this.#channels.values()) for (const { channel } of ofJob.values()) channel.resync();
  }

  /** Channels that are kept; none when nobody reads. */
  get size(): number {
    return [...this.#channels.values()].reduce((sum, ofJob) => sum + ofJob.size, 0);
  }

  /**
   * Follows a job's log: replays what is stored, then goes live. Returns how to leave, to be called once the client is gone or its
   * stream has ended. Throws what job-service answered, if that happens before the stream was opened.
   */
  follow(request: FollowRequest, client: LogClient): { joined: Promise<void>; leave(): void } {
    const { orgId, jobId } = request;
    const channel = this.#acquire(request);
    let left = false;
    return {
      joined: this.#replayAndJoin(channel, request, client),
      leave: () => {
        if (left) return;
        left = true;
        channel.leave(client);
        this.#release(orgId, jobId);
      },
    };
  }

  async #replayAndJoin(channel: JobChannel, request: FollowRequest, client: LogClient): Promise<void> {
    let { after } = request;
    let opened = false;
    let idle = 0;
    for (;;) {
      const { generation } = channel;
      let page: InternalLogsAnswer;
      try {
        page = opened ? await this.#patientPage(request, after, client) : await this.#page(request, after);
      } catch (error) {
        if (!opened || !isGone(error)) throw error;
        client.end(cancelled);
        return;
      }
      if (client.gone()) return;
      if (!opened) client.open();
      opened = true;
      const last = page.lines.at(-1);
      if (last !== undefined) {
        await client.replay(page.lines);
        client.seq = last.seq;
        idle = 0;
      } else {
        client.seq = Math.max(client.seq, page.lastSeq);
        idle += 1;
      }
      after = { seq: client.seq };
      if (client.gone()) return;
      if (client.seq < page.lastSeq) continue;
      if (page.status === 'DONE' || page.status === 'ERROR') {
        client.end({ status: page.status, completedAt: page.completedAt });
        return;
      }
      if (channel.join(client, generation)) return;
      // The channel has heard of lines that the stored log does not show: no reason to ask without pause.
      if (idle > 2) await delay(Math.min(this.#patience.retryMs, 100));
    }
  }

  #page({ orgId, jobId, requestId }: FollowRequest, after: FollowRequest['after']): Promise<InternalLogsAnswer> {
    return this.deps.source.page(orgId, jobId, after, this.#pageSize, requestId);
  }

  /** As long as readers of a channel wait for job-service, so long does one that is still replaying. */
  async #patientPage(request: FollowRequest, after: FollowRequest['after'], client: LogClient): Promise<InternalLogsAnswer> {
    const until = performance.now() + this.#patience.awayMs;
    for (;;) {
      try {
        return await this.#page(request, after);
      } catch (error) {
        const away = error instanceof AppError && error.code === 'SERVICE_UNAVAILABLE';
        if (!away || client.gone() || performance.now() >= until) throw error;
        await delay(this.#patience.retryMs);
      }
    }
  }

  #acquire({ orgId, jobId, requestId }: FollowRequest): JobChannel {
    const ofJob = this.#channels.get(jobId) ?? new Map<string, Entry>();
    this.#channels.set(jobId, ofJob);
    const entry = ofJob.get(orgId);
    if (entry !== undefined) {
      entry.users += 1;
      return entry.channel;
    }
    const { source, logger } = this.deps;
    const channel = new JobChannel({
      fetch: (afterSeq) => source.page(orgId, jobId, { seq: afterSeq }, this.#pageSize, requestId),
      patience: this.#patience,
      gatherMs: this.deps.gatherMs ?? 50,
      onAway: (error) => {
        logger.warn({ jobId, err: error }, 'a job log cannot be followed; its readers wait for a while and are then asked to come back');
      },
    });
    ofJob.set(orgId, { channel, users: 1 });
    return channel;
  }

  #release(orgId: string, jobId: string): void {
    const ofJob = this.#channels.get(jobId);
    const entry = ofJob?.get(orgId);
    if (ofJob === undefined || entry === undefined) return;
    entry.users -= 1;
    if (entry.users > 0) return;
    entry.channel.close();
    ofJob.delete(orgId);
    if (ofJob.size === 0) this.#channels.delete(jobId);
  }
}
