/** Live copies on core NATS: at most once; whoever needs every line asks job-service for what is missing. */
import { liveSchema, subjects, type LiveMessage } from '@migrator/contracts/events';
import type { Nats } from './nats.js';

export function publishLive(nats: Nats, message: LiveMessage): void {
  if (!nats.connection.isClosed()) nats.connection.publish(nats.subject(subjects.live(message.jobId)), JSON.stringify(message));
}

/** Every live message of the platform; messages that do not parse are left out. Returns how to unsubscribe. */
export function subscribeLive(nats: Nats, handle: (message: LiveMessage) => void): () => void {
  const subscription = nats.connection.subscribe(nats.subject(subjects.liveAll), {
    callback: (error, message) => {
      if (error !== null) return;
      const parsed = liveSchema.safeParse(message.json());
      if (parsed.success) handle(parsed.data);
    },
  });
  return () => {
    subscription.unsubscribe();
  };
}

/** Tells workers to look at a job's desired state now. */
export function publishControl(nats: Nats, jobId: string): void {
  if (!nats.connection.isClosed()) nats.connection.publish(nats.subject(subjects.control(jobId)));
}

/** Calls `handle` with the id of each job whose desired state may have changed. */
export function subscribeControl(nats: Nats, handle: (jobId: string) => void): () => void {
  const subscription = nats.connection.subscribe(nats.subject(subjects.controlAll), {
    callback: (error, message) => {
      if (error === null) handle(message.subject.slice(message.subject.lastIndexOf('.') + 1));
    },
  });
  return () => {
    subscription.unsubscribe();
  };
}

/** Tells every gateway to forget what it remembers of keys, sessions and organisations. */
export function publishAccessChanged(nats: Nats): void {
  if (!nats.connection.isClosed()) nats.connection.publish(nats.subject(subjects.accessChanged));
}

/** Calls `handle` when what somebody may do has changed, on any instance. */
export function subscribeAccessChanged(nats: Nats, handle: () => void): () => void {
  const subscription = nats.connection.subscribe(nats.subject(subjects.accessChanged), {
    callback: (error) => {
      if (error === null) handle();
    },
  });
  return () => {
    subscription.unsubscribe();
  };
}
