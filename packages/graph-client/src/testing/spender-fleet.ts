/** Several spenders and what Microsoft would have seen of them. */
import { fork, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { eventually } from '@migrator/testing/eventually';
import { machineTime, type SpenderOptions, type SpenderOrder, type SpenderReport } from './spender-protocol.js';

const program = join(process.cwd(), 'packages/graph-client/dist/testing/spender.js');

export interface Spender {
  readonly rests: { restMs: number; told: boolean; at: number }[];
  /** The last word on whether the fleet shares its budgets; null before the first. */
  shared(): boolean | null;
  order(order: SpenderOrder): void;
  /** As kill -9. */
  kill(): Promise<void>;
}

export class SpenderFleet {
  readonly went: { at: number; job: string; bytes: number; by: number }[] = [];
  /** Requests that have ended, by when each was under way on the machine's clock: word of them arrives in no order. */
  readonly #ended: { from: number; to: number }[] = [];
  /** The longest that a spender had to wait for its turn on this machine, in milliseconds. */
  mostLateMs = 0;
  readonly #children = new Set<ChildProcess>();

  constructor(private readonly options: SpenderOptions) {}

  async start(more: Partial<SpenderOptions> = {}): Promise<Spender> {
    const child = fork(program, [JSON.stringify({ ...this.options, ...more })], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], execArgv: [] });
    this.#children.add(child);
    let ready = false;
    let shared: boolean | null = null;
    const mine = new Map<number, number>();
    let killedAt: number | null = null;
    const rests: Spender['rests'] = [];
    child.on('message', (report: SpenderReport) => {
      if ('ready' in report) ready = true;
      else if ('shared' in report) ({ shared } = report);
      else if ('lateMs' in report) this.mostLateMs = Math.max(this.mostLateMs, report.lateMs);
      else if ('restMs' in report) rests.push({ ...report, at: machineTime() });
      else if ('went' in report) {
        this.went.push({ at: report.at, job: report.went, bytes: report.bytes, by: child.pid ?? 0 });
        mine.set(report.at, (mine.get(report.at) ?? 0) + 1);
      } else {
        mine.set(report.since, (mine.get(report.since) ?? 1) - 1);
        this.#ended.push({ from: report.since, to: report.came });
      }
    });
    child.on('exit', () => {
      // Its connections are gone, and with them its requests.
      for (const [from, count] of mine) for (let n = 0; n < count; n += 1) this.#ended.push({ from, to: killedAt ?? machineTime() });
      this.#children.delete(child);
    });
    await eventually('the spender is ready', () => ready, 45_000);
    return {
      rests,
      shared: () => shared,
      order: (order) => child.send(order),
      kill: async () => {
        killedAt = machineTime();
        child.kill('SIGKILL');
        await eventually('the spender is gone', () => !this.#children.has(child));
      },
    };
  }

  async stop(): Promise<void> {
    for (const child of this.#children) child.kill('SIGKILL');
    await eventually('all spenders are gone', () => this.#children.size === 0);
  }

  /** The most requests that were under way at one moment. */
  get mostInFlight(): number {
    // Of an end and a beginning at one moment the end comes first.
    const moments = this.#ended.flatMap(({ from, to }) => [{ at: from, by: 1 }, { at: to, by: -1 }]).sort((a, b) => a.at - b.at || a.by - b.by);
    let now = 0;
    let most = 0;
    for (const { by } of moments) most = Math.max(most, (now += by));
    return most;
  }

  /** The most that was used in any window of this length. */
  mostInWindow(windowMs: number, amount: (each: SpenderFleet['went'][number]) => number = () => 1): number {
    const went = this.went.toSorted((a, b) => a.at - b.at);
    let most = 0;
    let sum = 0;
    for (let from = 0, to = 0; to < went.length; to += 1) {
      const last = went[to];
      if (last === undefined) break;
      sum += amount(last);
      for (let first = went[from]; first !== undefined && first.at <= last.at - windowMs; first = went[++from]) sum -= amount(first);
      most = Math.max(most, sum);
    }
    return most;
  }

  usedBetween(from: number, to: number, which: (each: SpenderFleet['went'][number]) => boolean = () => true): number {
    return this.went.filter((each) => each.at >= from && each.at < to && which(each)).length;
  }
}
