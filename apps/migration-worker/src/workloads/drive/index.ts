export { onedriveWorkload, type DriveDeps } from './drive-workload.js';
