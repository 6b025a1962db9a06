/** Messages on their way: no caller waits for a mail server, and so none can tell by the time whether there was a message. */
import type { Logger } from '@migrator/service-kit/logger';
import type { LinkMessage, Mailer } from './mailer.js';

export interface Outgoing {
  /** Hands the message over in the background; a failure is logged, and the person asks again. */
  post(message: LinkMessage): void;
  /** Resolves when everything posted so far is sent or has failed. */
  settled(): Promise<void>;
}

export function createOutgoing(mailer: Mailer, logger: Logger): Outgoing {
  const underway = new Set<Promise<void>>();
  return {
    post: (message) => {
      const sending: Promise<void> = mailer
        .send(message)
        .catch((error: unknown) => {
          // The error of a mail server may repeat the address; its code says enough.
          logger.error({ kind: message.kind, code: error instanceof Error && 'code' in error ? error.code : undefined }, 'a message could not be sent');
        })
        .finally(() => underway.delete(sending));
      underway.add(sending);
    },
    settled: async () => {
      await Promise.all(underway);
    },
  };
}
