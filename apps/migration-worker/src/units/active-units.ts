/** The units this process works now: whom to wake for a control message, to tell of a throttling pause, to stop on shutdown. */
import type { LogLevel } from '@migrator/contracts/api/logs';
import { Stopped, type Halt } from '../engine/halt.js';

export interface ActiveUnit {
  jobId: string;
  /** How Graph addresses both ends, and their tenants once they are known. */
  ends: Record<'source' | 'destination', { owner: string; microsoftTenantId: string | null }>;
  halt: Halt;
  /** Looks at the desired state now. */
  look(): Promise<void>;
  note(level: LogLevel, sentence: string): void;
}

export class ActiveUnits {
  readonly #units = new Set<ActiveUnit>();
  /** End of the pause that was last told of each budget. */
  readonly #pausedUntil = new Map<string, number>();
  #stopping = false;

  get size(): number {
    return this.#units.size;
  }

  /** Nothing new is begun. */
  get stopping(): boolean {
    return this.#stopping;
  }

  /** Returns how to leave. */
  enter(unit: ActiveUnit): () => void {
    this.#units.add(unit);
    if (this.#stopping) unit.halt.stop(new Stopped('shutdown'));
    return () => {
      this.#units.delete(unit);
    };
  }

  async look(jobId: string): Promise<void> {
    await Promise.all([...this.#units].filter((unit) => unit.jobId === jobId).map((unit) => unit.look()));
  }

  /** A budget rests, whichever process was told: one line a pause for the units it concerns. `resource` null: for all of the tenant; no tenant: for all. */
  throttled({ kind, tenantId, resource, restMs }: { kind: string; tenantId: string; resource: string | null; restMs: number }, now: number): void {
    const key = `${kind}/${tenantId}/${resource ?? ''}`;
    if ((this.#pausedUntil.get(key) ?? 0) > now) return;
    if (this.#pausedUntil.size > 10_000) this.#pausedUntil.clear();
    this.#pausedUntil.set(key, now + restMs);
    const seconds = Math.max(1, Math.round(restMs / 1_000));
    for (const { ends, note } of this.#units)
      for (const side of ['source', 'destination'] as const) {
        const { owner, microsoftTenantId } = ends[side];
        if (tenantId === '' || (tenantId === microsoftTenantId && (resource === null || resource === owner.toLowerCase()))) note('WARN', `Microsoft throttles the ${side}; waiting ${seconds} s.`);
      }
  }

  stopAll(): void {
    this.#stopping = true;
    for (const { halt } of this.#units) halt.stop(new Stopped('shutdown'));
  }
}
