/** Work reports: published by workers with an acknowledgement, read in order by one reader in job-service. */
import { DeliverPolicy, type OrderedConsumerOptions } from '@nats-io/jetstream';
import { subjects, work, type WorkPayload, type WorkType } from '@migrator/contracts/events';
import { pullMs, type Nats } from './nats.js';

/** A server that restarts forgets what it was just told: a repetition is soon, and counts once. */
const publishMs = 3_000;

/** Publishes a report; resolves when the stream has stored it. `messageId` makes a repeated publish (within 2 min) count once. */
export async function publishWork<T extends WorkType>(nats: Nats, type: T, payload: WorkPayload<T>, messageId: string): Promise<{ seq: number }> {
  const ack = await nats.js.publish(nats.subject(subjects.work(type, payload.jobId)), JSON.stringify(payload), { msgID: messageId, timeout: publishMs, retries: 5 });
  return { seq: ack.seq };
}

export type WorkReport = { [T in WorkType]: { type: T; seq: number; payload: WorkPayload<T> } }[WorkType] | { type: 'unreadable'; seq: number };

export interface WorkReader {
  /** Reports in stream order. Ends when `close` is called. */
  reports: AsyncIterable<WorkReport>;
  close(): void;
}

/** Reads the `work` stream in order, beginning after stream sequence `after` (0: from the start). Unreadable messages are passed on as such. */
export async function readWork(nats: Nats, after: number): Promise<WorkReader> {
  const options: Partial<OrderedConsumerOptions> = after > 0 ? { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: after + 1 } : { deliver_policy: DeliverPolicy.All };
  const consumer = await nats.js.consumers.get(nats.stream('work'), options);
  const messages = await consumer.consume({ max_messages: 1000, expires: pullMs });
  const prefix = nats.subject('work.');
  async function* reports(): AsyncGenerator<WorkReport> {
    for await (const message of messages) {
      const type = message.subject.slice(prefix.length).split('.')[0] as WorkType;
      const schema = work[type] as (typeof work)[WorkType] | undefined;
      const parsed = schema?.safeParse(safeJson(() => message.json()));
      if (parsed?.success === true) yield { type, seq: message.seq, payload: parsed.data } as WorkReport;
      else yield { type: 'unreadable', seq: message.seq };
    }
  }
  return {
    reports: reports(),
    close: () => {
      messages.stop();
    },
  };
}

function safeJson(read: () => unknown): unknown {
  try {
    return read();
  } catch {
    return undefined;
  }
}
