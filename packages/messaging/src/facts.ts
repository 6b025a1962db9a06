/** Facts: durable, at least once, idempotent consumers. */
import { AckPolicy, DeliverPolicy } from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';
import { facts, subjects, type FactPayload, type FactType } from '@migrator/contracts/events';
import type { Logger } from '@migrator/service-kit/logger';
import { pullMs, type Nats } from './nats.js';

export interface Fact<T extends FactType> {
  id: string;
  type: T;
  payload: FactPayload<T>;
}

export interface FactConsumer {
  stop(): Promise<void>;
}

/**
 * Consumes one type of fact. `durable` names the consumer (one per service and purpose); all instances share it. A handler that
 * throws gets the fact again after a growing pause. A payload that does not parse is logged and set aside.
 */
export async function consumeFact<T extends FactType>(nats: Nats, durable: string, type: T, handle: (fact: Fact<T>) => Promise<void>, logger: Logger): Promise<FactConsumer> {
  const stream = nats.stream('facts');
  const name = `${durable}-${type.replaceAll('.', '-')}`;
  await nats.jsm.consumers.add(stream, {
    durable_name: name,
    ack_policy: AckPolicy.Explicit,
    deliver_policy: DeliverPolicy.All,
    filter_subject: nats.subject(subjects.fact(type)),
    ack_wait: nanos(30_000),
    max_deliver: -1,
  });
  const consumer = await nats.js.consumers.get(stream, name);
  const messages = await consumer.consume({ max_messages: 50, expires: pullMs });
  const loop = (async () => {
    for await (const message of messages) {
      const id = message.headers?.get('Nats-Msg-Id') ?? String(message.seq);
      const parsed = facts[type].safeParse(message.json());
      if (!parsed.success) {
        logger.error({ factType: type, factId: id }, 'a fact could not be read and was set aside');
        message.term('unreadable');
        continue;
      }
      try {
        await handle({ id, type, payload: parsed.data as FactPayload<T> });
        message.ack();
      } catch (error) {
        logger.warn({ factType: type, factId: id, err: error }, 'a fact was not handled and comes again');
        message.nak(Math.min(30_000, 500 * 2 ** Math.min(message.info.deliveryCount, 6)));
      }
    }
  })();
  return {
    stop: async () => {
      await messages.close();
      await loop;
    },
  };
}
