/**
 * Answers that go on after their caller was let in. Whoever may not read any more (key revoked or expired, signed out, removed, in
 * another organisation) loses them when the change is told, or at the next regular look.
 */
import type { ApiKeyScope } from '@migrator/contracts/api/keys';
import type { Id } from '@migrator/contracts/ids';
import type { Logger } from '@migrator/service-kit/logger';
import type { Authenticator, Credential } from './authenticate.js';

export interface OpenStream {
  /** What the caller came in with. */
  credential: Credential;
  orgId: Id<'org'>;
  scope: ApiKeyScope;
  /** Ends the answer. */
  close(): void;
}

export interface OpenStreams {
  /** Returns how to stop watching, once the answer has ended. */
  watch(stream: OpenStream): () => void;
  /** Looks at every caller again: somebody's access changed. */
  recheck(): void;
  /** Ends every stream, and watches no more. */
  stop(): void;
}

/** How often every caller is looked at again, whatever was told. */
const everyMs = 30_000;

export function createOpenStreams({ authenticator, logger, recheckMs = everyMs }: { authenticator: Pick<Authenticator, 'holder'>; logger: Logger; recheckMs?: number }): OpenStreams {
  const open = new Set<OpenStream>();
  let looking = false;
  let again = false;

  const look = async (): Promise<void> => {
    // Most streams of an organisation come with the same key: one look-up answers for all of them.
    const groups = new Map<string, OpenStream[]>();
    for (const stream of open) {
      const { headers, secure } = stream.credential;
      const name = JSON.stringify([headers.authorization ?? null, headers.cookie ?? null, secure]);
      const group = groups.get(name);
      if (group === undefined) groups.set(name, [stream]);
      else group.push(stream);
    }
    for (const group of groups.values()) {
      const [first] = group;
      if (first === undefined) continue;
      const holder = await authenticator.holder(first.credential);
      for (const stream of group) if (holder?.orgId !== stream.orgId || !holder.scopes.includes(stream.scope)) stream.close();
    }
  };
  const recheck = async (): Promise<void> => {
    again = true;
    if (looking) return;
    looking = true;
    while (again) {
      again = false;
      try {
        await look();
      } catch (error) {
        // Access that cannot be looked up is neither given nor taken.
        logger.warn({ err: error }, 'the callers of open streams could not be looked at; tried again');
      }
    }
    looking = false;
  };
  const timer = setInterval(() => void recheck(), recheckMs);

  return {
    watch: (stream) => {
      open.add(stream);
      return () => {
        open.delete(stream);
      };
    },
    recheck: () => void recheck(),
    stop: () => {
      clearInterval(timer);
      for (const stream of open) stream.close();
      open.clear();
    },
  };
}
