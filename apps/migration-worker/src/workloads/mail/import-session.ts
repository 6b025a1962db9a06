/** Import sessions of one destination mailbox. https://learn.microsoft.com/graph/api/mailbox-createimportsession */
import type { Clock } from '@migrator/service-kit/clock';
import type { Mailbox } from './mailbox.js';
import { text } from './mapi.js';

const renewBeforeMs = 5 * 60_000;
/** However the clocks of both ends differ, a session just made is used this long. */
const usedAtLeastMs = 30_000;

export interface ImportSession {
  /** Pre-authorised: never logged, never sent with a token. */
  readonly url: string;
  readonly renewAt: number;
}

/** Gives every import of the unit the same session until it is about to expire or was refused. */
export class ImportSessions {
  private current: Promise<ImportSession> | null = null;

  constructor(
    private readonly destination: Mailbox,
    private readonly clock: Clock,
  ) {}

  async get(signal: AbortSignal): Promise<ImportSession> {
    const held = this.current;
    if (held !== null) {
      const session = await held;
      if (this.clock.now().getTime() < session.renewAt) return session;
      if (this.current === held) this.current = null;
    }
    if (this.current === null) {
      const opening: Promise<ImportSession> = this.open(signal).catch((error: unknown) => {
        if (this.current === opening) this.current = null;
        throw error;
      });
      this.current = opening;
    }
    return await this.current;
  }

  /** Forgets a session the destination no longer takes. */
  async drop(session: ImportSession): Promise<void> {
    const held = this.current;
    if (held !== null && (await held) === session && this.current === held) this.current = null;
  }

  private async open(signal: AbortSignal): Promise<ImportSession> {
    // Making a second session does no harm, so a lost answer may simply be asked again.
    const response = await this.destination.port.raw('POST', this.destination.admin('/createImportSession'), this.destination.options(signal, { repeatable: true }));
    const raw = await response.json<Record<string, unknown>>();
    const now = this.clock.now().getTime();
    const expires = Date.parse(text(raw['expirationDateTime']) ?? '');
    return { url: text(raw['importUrl']) ?? '', renewAt: Math.max(now + usedAtLeastMs, Number.isNaN(expires) ? 0 : expires - renewBeforeMs) };
  }
}
