export { siteWorkload } from './site-workload.js';
