export { onedriveWorkload } from './drive-workload.js';
export type { DriveDeps } from './drive-pair.js';
