/** Reads the configuration, composes, works, awaits the stop signal. */
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { parseEnv } from '@migrator/service-kit/config';
import { createLogger, type Logger } from '@migrator/service-kit/logger';
import { runProgram } from '@migrator/service-kit/service';
import { startWorker } from './compose.js';
import { workerEnv } from './config.js';

// V8 lets a heap of tens of megabytes grow by several times before it collects; a worker's memory is to be flat. Read at each collection.
setFlagsFromString('--heap-growing-percent=100');

let logger: Logger | undefined;
await runProgram(
  () => {
    const config = parseEnv(workerEnv, process.env);
    logger = createLogger('migration-worker', config.LOG_LEVEL);
    return startWorker(config, logger, join(import.meta.dirname, '..'));
  },
  () => logger,
);
