/** Reads the configuration, composes, listens, awaits the stop signal. */
import { join } from 'node:path';
import { parseEnv } from '@migrator/service-kit/config';
import { createLogger, type Logger } from '@migrator/service-kit/logger';
import { runProgram } from '@migrator/service-kit/service';
import { startJobService } from './compose.js';
import { jobServiceEnv } from './config.js';

let logger: Logger | undefined;
await runProgram(
  () => {
    const config = parseEnv(jobServiceEnv, process.env);
    logger = createLogger('job-service', config.LOG_LEVEL);
    return startJobService(config, logger, join(import.meta.dirname, '..'));
  },
  () => logger,
);
