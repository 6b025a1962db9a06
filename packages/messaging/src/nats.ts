/** The connection to NATS, with the platform's streams. */
import { jetstream, jetstreamManager, RetentionPolicy, StorageType, DiscardPolicy, type JetStreamClient, type JetStreamManager } from '@nats-io/jetstream';
import { connect, nanos, type NatsConnection } from '@nats-io/transport-node';
import { streams } from '@migrator/contracts/events';
import type { Logger } from '@migrator/service-kit/logger';

/**
 * How long one request for messages stands. It also decides how soon a reader notices that a server which came back knows nothing of
 * its request: with the library's default of 30 s a reader stood still for up to 40 s after each restart of NATS.
 */
export const pullMs = 2_000;

const dayMs = 24 * 60 * 60 * 1000;

export interface Nats {
  readonly connection: NatsConnection;
  readonly js: JetStreamClient;
  readonly jsm: JetStreamManager;
  /** A subject of this platform. */
  subject(name: string): string;
  /** A stream of this platform. */
  stream(name: keyof typeof streams): string;
  /** Readiness: resolves when the server answers. */
  check(): Promise<void>;
  close(): Promise<void>;
}

export interface NatsOptions {
  url: string;
  namespace: string;
  /** Shown in the server's connection list. */
  name: string;
  logger: Logger;
}

/** Connects (waiting for a server that is still starting, up to 30 s), reconnects for ever, and creates the streams if they are missing. */
export async function connectNats({ url, namespace, name, logger }: NatsOptions): Promise<Nats> {
  const connection = await connect({ servers: url, name, reconnect: true, maxReconnectAttempts: -1, reconnectTimeWait: 500, waitOnFirstConnect: true, timeout: 30_000, pingInterval: 10_000, maxPingOut: 3 });
  void (async () => {
    for await (const status of connection.status()) {
      if (status.type === 'disconnect' || status.type === 'reconnect') logger.warn({ natsStatus: status.type }, 'the connection to NATS changed');
    }
  })();
  const jsm = await jetstreamManager(connection);
  const nats: Nats = {
    connection,
    js: jetstream(connection),
    jsm,
    subject: (subject) => `${namespace}.${subject}`,
    stream: (stream) => `${namespace}_${streams[stream]}`,
    check: async () => {
      await connection.flush();
    },
    close: async () => {
      if (!connection.isClosed()) await connection.drain().catch(() => connection.close());
    },
  };
  await ensureStreams(nats);
  return nats;
}

/** Creates the streams that are missing; safe to run from every service at once. */
export async function ensureStreams({ jsm, stream, subject }: Nats): Promise<void> {
  const common = { retention: RetentionPolicy.Limits, storage: StorageType.File, discard: DiscardPolicy.Old, duplicate_window: nanos(2 * 60_000) };
  for (const [name, maxAgeMs] of [
    ['facts', 7 * dayMs],
    ['work', 3 * dayMs],
  ] as const) {
    const config = { ...common, name: stream(name), subjects: [subject(`${name}.>`)], max_age: nanos(maxAgeMs) };
    try {
      await jsm.streams.info(config.name);
    } catch {
      await jsm.streams.add(config).catch(async (error: unknown) => {
        // Another service may have been first.
        await jsm.streams.info(config.name).catch(() => {
          throw error;
        });
      });
    }
  }
}
