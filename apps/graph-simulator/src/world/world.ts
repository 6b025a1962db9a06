import type { AppRegistry } from './app-registry.js';
import type { ScalableClock } from './clock.js';
import type { ExchangeSamples } from './exchange-samples.js';
import type { FaultList } from './faults.js';
import type { IdSource } from './ids.js';
import type { Limits } from './limits/limits.js';
import type { RequestLog } from './request-log.js';
import type { SimTenant } from './tenant.js';

/** Everything the simulator simulates: one of these per process (or per test). */
export interface World {
  readonly seed: string;
  /** By tenant id (lower case GUID). */
  readonly tenants: ReadonlyMap<string, SimTenant>;
  readonly clock: ScalableClock;
  readonly apps: AppRegistry;
  readonly limits: Limits;
  readonly faults: FaultList;
  readonly log: RequestLog;
  readonly samples: ExchangeSamples;
  readonly ids: IdSource;
  /** By id or by any of its domains, in any case. */
  findTenant(idOrDomain: string): SimTenant | undefined;
}
