/** Messages on their way: no caller waits for a mail server, and so none can tell by the time whether there was a message. */
import type { Logger } from '@migrator/service-kit/logger';
import type { LinkMessage, Mailer } from './mailer.js';

export interface Outgoing {
  /** Hands the message over in the background; a failure is logged, and the person asks again. */
  post(message: LinkMessage): void;
  /** The same for a message that has still to be made, if there is to be one: the caller does not even wait for that. */
  postLater(kind: LinkMessage['kind'], make: () => Promise<LinkMessage | null>): void;
  /** Resolves when everything posted so far is sent or has failed. */
  settled(): Promise<void>;
}

export function createOutgoing(mailer: Mailer, logger: Logger): Outgoing {
  const underway = new Set<Promise<void>>();
  const postLater: Outgoing['postLater'] = (kind, make) => {
    const sending: Promise<void> = make()
      .then((message) => (message === null ? undefined : mailer.send(message)))
      .catch((error: unknown) => {
        // The error of a mail server may repeat the address; its code says enough.
        logger.error({ kind, code: error instanceof Error && 'code' in error ? error.code : undefined }, 'a message could not be sent');
      })
      .finally(() => underway.delete(sending));
    underway.add(sending);
  };
  return {
    post: (message) => {
      postLater(message.kind, () => Promise.resolve(message));
    },
    postLater,
    settled: async () => {
      await Promise.all(underway);
    },
  };
}
