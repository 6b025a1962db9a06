export { mailWorkload, type MailDeps } from './mail-workload.js';
