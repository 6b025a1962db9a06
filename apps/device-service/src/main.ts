/** Reads the configuration, composes, listens, awaits the stop signal. */
import { join } from 'node:path';
import { parseEnv } from '@migrator/service-kit/config';
import { createLogger, type Logger } from '@migrator/service-kit/logger';
import { runProgram } from '@migrator/service-kit/service';
import { startDeviceService } from './compose.js';
import { deviceServiceEnv } from './config.js';

let logger: Logger | undefined;
await runProgram(
  () => {
    const config = parseEnv(deviceServiceEnv, process.env);
    logger = createLogger('device-service', config.LOG_LEVEL);
    return startDeviceService(config, logger, join(import.meta.dirname, '..'));
  },
  () => logger,
);
