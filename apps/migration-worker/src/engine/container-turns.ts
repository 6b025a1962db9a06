/** Whose turn it is: containers of a unit in the order in which several walkers begin them. */
import type { Container } from '../workloads/workload.js';

type Ordered = Pick<Container, 'key' | 'itemCount' | 'afterOthers' | 'after'>;

/** In which order containers are begun: the largest first (what takes longest must not be begun last, and alone), each when those it comes after are complete. */
export class ContainerTurns<T extends { container: Ordered }> {
  readonly #waiting: T[];
  readonly #incomplete: Map<string, T>;
  #wake: () => void = () => undefined;
  #changed = this.#change();
  #ended = false;

  constructor(work: readonly T[]) {
    const size = ({ container }: T): number => container.itemCount ?? Infinity;
    const largestFirst = [...work].sort((a, b) => (size(a) === size(b) ? 0 : size(b) - size(a)));
    this.#waiting = [...largestFirst.filter(({ container }) => container.afterOthers !== true), ...work.filter(({ container }) => container.afterOthers === true)];
    this.#incomplete = new Map(work.map((one) => [one.container.key, one]));
  }

  /** The next one whose turn it is; null when there is none any more. */
  async next(): Promise<T | null> {
    for (;;) {
      if (this.#ended || this.#waiting.length === 0) return null;
      const at = this.#waiting.findIndex(({ container }) => this.#isReady(container));
      const [one] = at < 0 ? [] : this.#waiting.splice(at, 1);
      if (one !== undefined) return one;
      if (this.#waiting.length === this.#incomplete.size) throw new Error('containers wait for each other');
      await this.#changed;
    }
  }

  complete({ container }: T): void {
    this.#incomplete.delete(container.key);
    this.#tell();
  }

  /** Nothing is begun any more. */
  end(): void {
    this.#ended = true;
    this.#tell();
  }

  #isReady({ afterOthers, after = [] }: Ordered): boolean {
    if (afterOthers === true && [...this.#incomplete.values()].some((other) => other.container.afterOthers !== true)) return false;
    return after.every((key) => !this.#incomplete.has(key));
  }

  #tell(): void {
    const wake = this.#wake;
    this.#changed = this.#change();
    wake();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
