/** Every public call there is. */
import type { Endpoint } from '../endpoint.js';
import { deviceEndpoints } from './devices.js';
import { jobEndpoints } from './jobs.js';
import { mappingEndpoints } from './mappings.js';
import { peopleEndpoints } from './people.js';
import { platformEndpoints } from './platform.js';
import { tenantEndpoints } from './tenants.js';

export const endpoints: readonly Endpoint[] = Object.values({ ...tenantEndpoints, ...jobEndpoints, ...mappingEndpoints, ...deviceEndpoints, ...peopleEndpoints, ...platformEndpoints }) as unknown as Endpoint[];
