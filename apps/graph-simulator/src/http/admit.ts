import type { Charge } from '../world/limits/limits.js';
import type { World } from '../world/world.js';
import type { Answer, Call } from './call.js';
import { GraphFault } from './route.js';

/**
 * Charges a request to the limits of its tenant. Throws GraphFault 429 with the headers of the limit when it is over one;
 * otherwise body bytes are counted as they arrive, and `answer.finish` gives back what the request holds.
 */
export function admit(world: World, call: Call, answer: Answer, charge: Charge): void {
  const admission = world.limits.admit(charge);
  Object.assign(answer.headers, admission.headers);
  answer.log.units = charge.service === 'directory' || charge.service === 'files' ? charge.units : 0;
  if (!('leave' in admission)) {
    answer.log.throttled = true;
    const { retryAfter } = world.limits.profileOf(charge.tenantId);
    const seconds = retryAfter === 'one' ? 1 : world.limits.retryAfterSeconds(admission);
    throw new GraphFault(429, admission.code, admission.message, { headers: retryAfter === 'missing' ? {} : { 'Retry-After': String(seconds) }, ...(admission.innerCode === undefined ? {} : { innerCode: admission.innerCode }) });
  }
  call.body.onBytes = admission.upload;
  const before = answer.finish;
  answer.finish = () => {
    admission.leave();
    before();
  };
}
