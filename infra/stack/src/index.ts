export { isAlive } from '@migrator/local-servers';
export { down, type DownOptions } from './down.js';
export { endAll, signal } from './process-table.js';
export { killService, restartService } from './service-control.js';
export { checkout } from './service-definitions.js';
export { readState, type StackState } from './stack-state.js';
export { status, type StackStatus } from './status.js';
export { up, type UpOptions } from './up.js';
