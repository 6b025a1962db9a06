/**
 * Whose request goes next. Each flow (an organisation's job on a workload) has a clock that its requests move on by their cost over its
 * weight; the flow furthest behind goes first, and one that comes back joins where the others are. Shares are so exact to one request,
 * whatever the requests cost, and what one flow leaves is used by the others. The fleet divides blocks by the same rule (lease-script.ts).
 */
interface FlowState<T> {
  readonly key: string;
  weight: number;
  clock: number;
  entries: T[];
}

export class FairQueue<T extends { readonly share: number }> {
  readonly #flows = new Map<string, FlowState<T>>();
  #clock = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  push(key: string, weight: number, entry: T): void {
    let flow = this.#flows.get(key);
    if (flow === undefined) {
      if (this.#flows.size >= 64) for (const [old, { entries }] of this.#flows) if (entries.length === 0) this.#flows.delete(old);
      this.#flows.set(key, (flow = { key, weight, clock: this.#clock, entries: [] }));
    }
    flow.weight = weight;
    if (flow.entries.length === 0) flow.clock = Math.max(flow.clock, this.#clock);
    flow.entries.push(entry);
    this.#size += 1;
  }

  remove(key: string, entry: T): void {
    const entries = this.#flows.get(key)?.entries ?? [];
    const at = entries.indexOf(entry);
    if (at < 0) return;
    entries.splice(at, 1);
    this.#size -= 1;
  }

  /** Takes the first entry that may go, in the order of their flows' clocks; within a flow they go in the order they came. */
  take(mayGo: (entry: T) => boolean): T | undefined {
    let tried = null as Set<FlowState<T>> | null;
    for (;;) {
      let next: FlowState<T> | undefined;
      for (const flow of this.#flows.values()) if (flow.entries.length > 0 && (next === undefined || flow.clock < next.clock) && tried?.has(flow) !== true) next = flow;
      const head = next?.entries[0];
      if (next === undefined || head === undefined) return undefined;
      if (mayGo(head)) {
        next.entries.shift();
        this.#size -= 1;
        this.#clock = Math.max(this.#clock, next.clock);
        next.clock += head.share / next.weight;
        return head;
      }
      (tried ??= new Set()).add(next);
    }
  }

  /** Flows with something waiting. */
  *waiting(): Generator<{ key: string; weight: number; count: number }> {
    for (const { key, weight, entries } of this.#flows.values()) if (entries.length > 0) yield { key, weight, count: entries.length };
  }
}
