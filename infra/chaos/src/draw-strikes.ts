/** Which programs are struck how, and when. Pure. */
import type { Expiring } from './carried.js';
import type { Random } from './random.js';

/**
 * `kill`: SIGKILL. `drain`: SIGTERM, as in a deploy. `freeze`: stands still longer than its lease, and goes on. `flush`: Redis forgets
 * everything. `cut`: every connection to PostgreSQL is ended. `expire`: Microsoft forgets tokens or sessions.
 */
export type Strike = { at: number } & (
  | { how: 'kill' | 'drain'; parts: string[]; downMs: number }
  | { how: 'freeze'; part: string; ms: number }
  | { how: 'flush' }
  | { how: 'cut' }
  | { how: 'expire'; what: Expiring }
);

const services = ['job-service', 'tenant-service', 'api-gateway'];
const servers = ['postgres', 'redis', 'nats'];

export interface StrikeSpace {
  workers: number;
  /** Requests that the act is about to make. */
  span: number;
  most: number;
}

export function drawStrikes(random: Random, { workers, span, most }: StrikeSpace): Strike[] {
  const worker = (): string => `migration-worker-${random.between(1, workers)}`;
  const downMs = (): number => random.pick([0, 0, 200, 1_000, 3_000]);
  const draw = (at: number): Strike => {
    const dice = random.next();
    if (dice < 0.3) return { at, how: 'kill', parts: [worker()], downMs: downMs() };
    if (dice < 0.37) return { at, how: 'drain', parts: [worker()], downMs: downMs() };
    if (dice < 0.5) return { at, how: 'kill', parts: [random.pick(services)], downMs: downMs() };
    if (dice < 0.65) return { at, how: 'kill', parts: [random.pick(servers)], downMs: downMs() };
    if (dice < 0.72) return { at, how: 'flush' };
    if (dice < 0.77) return { at, how: 'cut' };
    if (dice < 0.86) return { at, how: 'freeze', part: random.chance(0.7) ? worker() : random.pick([...services, 'redis', 'nats']), ms: random.between(500, 5_000) };
    if (dice < 0.92) return { at, how: 'expire', what: random.pick(['delta', 'importSessions', 'uploadSessions'] as const) };
    // Several at once, up to all of them: a power cut.
    const all = [...Array.from({ length: workers }, (_each, index) => `migration-worker-${index + 1}`), ...services, ...servers];
    const some = random.chance(0.3) ? all : all.filter(() => random.chance(0.35));
    return { at, how: 'kill', parts: some.length === 0 ? [worker()] : some, downMs: downMs() };
  };
  return Array.from({ length: random.between(Math.ceil(most / 2), most) }, () => draw(random.below(span))).sort((one, other) => one.at - other.at);
}
