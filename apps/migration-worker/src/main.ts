/** Reads the configuration, composes, works, awaits the stop signal. */
import { join } from 'node:path';
import { parseEnv } from '@migrator/service-kit/config';
import { createLogger, type Logger } from '@migrator/service-kit/logger';
import { runProgram } from '@migrator/service-kit/service';
import { startWorker } from './compose.js';
import { workerEnv } from './config.js';

let logger: Logger | undefined;
await runProgram(
  () => {
    const config = parseEnv(workerEnv, process.env);
    logger = createLogger('migration-worker', config.LOG_LEVEL);
    return startWorker(config, logger, join(import.meta.dirname, '..'));
  },
  () => logger,
);
