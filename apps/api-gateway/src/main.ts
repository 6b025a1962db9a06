/** Reads the configuration, composes, listens, awaits the stop signal. */
import { join } from 'node:path';
import { parseEnv } from '@migrator/service-kit/config';
import { createLogger, type Logger } from '@migrator/service-kit/logger';
import { runProgram } from '@migrator/service-kit/service';
import { startGateway } from './compose.js';
import { gatewayEnv } from './config.js';

let logger: Logger | undefined;
await runProgram(
  () => {
    const config = parseEnv(gatewayEnv, process.env);
    logger = createLogger('api-gateway', config.LOG_LEVEL);
    return startGateway(config, logger, join(import.meta.dirname, '..'));
  },
  () => logger,
);
