/** Redis as a fleet of processes shares it: scripts, each one round trip, and announcements to everybody. Never waits for a Redis that is away. */
import { createHash } from 'node:crypto';
import type { Logger } from '@migrator/service-kit/logger';
import { openRedis } from './queues.js';

export interface SharedStore {
  /** Rejects at once while Redis is away. */
  run(script: { readonly name: string; readonly lua: string }, keys: readonly string[], args: readonly string[]): Promise<unknown>;
  /** Announcements made while Redis was away are lost. */
  subscribe(channel: string, heard: (message: string) => void): void;
  close(): void;
}

export function openSharedStore(redisUrl: string, logger: Logger): SharedStore {
  const redis = openRedis(redisUrl, logger);
  const listener = openRedis(redisUrl, logger);
  const digests = new Map<string, string>();
  return {
    async run({ name, lua }, keys, args) {
      let digest = digests.get(name);
      if (digest === undefined) digests.set(name, (digest = createHash('sha1').update(lua).digest('hex')));
      try {
        return await redis.evalsha(digest, keys.length, ...keys, ...args);
      } catch (error) {
        // A Redis that was started anew has to be told the script once.
        if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
        return redis.eval(lua, keys.length, ...keys, ...args);
      }
    },
    subscribe(channel, heard) {
      listener.on('message', (from: string, message: string) => {
        if (from === channel) heard(message);
      });
      // The library takes subscriptions up again after every loss of the connection.
      const begin = (): void => {
        listener.subscribe(channel).catch((error: unknown) => {
          logger.debug({ err: error }, 'announcements cannot be heard yet');
        });
      };
      if (listener.status === 'ready') begin();
      else listener.once('ready', begin);
    },
    close() {
      redis.disconnect();
      listener.disconnect();
    },
  };
}
