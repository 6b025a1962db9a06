export * from './graph-port.js';
export * from './graph-request-error.js';
