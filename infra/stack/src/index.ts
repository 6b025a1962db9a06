export { down } from './down.js';
export { endAll, isAlive, signal } from './process-table.js';
export { checkout } from './service-definitions.js';
export { readState, type StackState } from './stack-state.js';
export { status, type StackStatus } from './status.js';
export { up, type UpOptions } from './up.js';
