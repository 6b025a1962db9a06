/** Reads the configuration, composes, listens, awaits the stop signal. */
import { join } from 'node:path';
import { parseEnv } from '@migrator/service-kit/config';
import { createLogger, type Logger } from '@migrator/service-kit/logger';
import { runProgram } from '@migrator/service-kit/service';
import { startTenantService } from './compose.js';
import { tenantServiceEnv } from './config.js';

let logger: Logger | undefined;
await runProgram(
  () => {
    const config = parseEnv(tenantServiceEnv, process.env);
    logger = createLogger('tenant-service', config.LOG_LEVEL);
    return startTenantService(config, logger, join(import.meta.dirname, '..'));
  },
  () => logger,
);
