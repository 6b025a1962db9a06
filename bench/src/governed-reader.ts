/** A process that reads one mailbox for several flows, as fast as the governor lets it, through the real client. What it has read is told each time it is asked. */
import { setMaxListeners } from 'node:events';
import { createGovernor, createGraphClient, createHttp, createLastHop, createTokenSource, GraphRequestError, joinFleet, type Flow, type LimitOverrides } from '@migrator/graph-client';
import { openSharedStore } from '@migrator/messaging/shared-store';
import { createLogger } from '@migrator/service-kit/logger';

export interface GovernedReading {
  redisUrl: string;
  namespace: string;
  lastHop: string;
  clientId: string;
  clientSecret: string;
  tenantId: string;
  mailbox: string;
  limits: LimitOverrides;
  flows: Flow[];
  /** Requests that each flow has waiting or under way. */
  lanes: number;
}
export type ReaderOrder = { read: GovernedReading } | { start: string } | { stop: true } | { count: true };
export type ReaderReport = { shared: boolean } | { counts: Record<string, number> };

const say = (report: ReaderReport): void => {
  process.send?.(report);
};
const counts: Record<string, number> = {};
const stop = new AbortController();
// Every lane listens.
setMaxListeners(0, stop.signal);
let begin: (job: string) => void = () => undefined;

function prepare({ redisUrl, namespace, lastHop, clientId, clientSecret, tenantId, mailbox, limits, flows, lanes }: GovernedReading): void {
  const fleet = joinFleet(openSharedStore(redisUrl, createLogger('governed-reader', 'silent')), namespace, {
    onShared: (shared) => {
      say({ shared });
    },
  });
  const governor = createGovernor({ fleet, overrides: limits });
  const http = createHttp(createLastHop(lastHop));
  const tokens = createTokenSource({ tenantId, clientId, credential: { kind: 'secret', clientSecret } }, http);
  begin = (job) => {
    const flow = flows.find((each) => each.job === job);
    if (flow === undefined) throw new Error(`There is no flow ${job}.`);
    const port = createGraphClient({ tenantId, clientId, tokens, http, governor, flow });
    const lane = async (): Promise<void> => {
      while (!stop.signal.aborted) {
        try {
          await port.get(`/users/${mailbox}/mailFolders/inbox`, { budget: { kind: 'outlook', mailbox }, query: { $select: 'id' }, signal: stop.signal });
          counts[job] = (counts[job] ?? 0) + 1;
        } catch (error) {
          if (!(error instanceof GraphRequestError && error.kind === 'cancelled')) throw error;
        }
      }
    };
    for (let i = 0; i < lanes; i += 1)
      lane().catch((error: unknown) => {
        process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
        process.exit(1);
      });
  };
}

process.on('message', (order: ReaderOrder) => {
  if ('read' in order) prepare(order.read);
  else if ('start' in order) begin(order.start);
  else if ('count' in order) say({ counts: { ...counts } });
  else stop.abort();
});
process.on('disconnect', () => {
  process.exit(0);
});
