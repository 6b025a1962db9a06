import { ScalableClock } from '../clock.js';
import { SeededIds } from '../ids.js';
import { Limits, type Admission, type Charge, type Throttle } from './limits.js';
import { publishedLimits, type LimitProfile } from './profile.js';

const outlook: Charge = { tenantId: 't', tenantUsers: 10, clientId: 'app', service: 'outlook', mailbox: 'm1', units: 0, write: false, report: null, contentLength: 0 };

function make(profile: Partial<LimitProfile> = {}, timeScale = 1): { limits: Limits; clock: ScalableClock } {
  const clock = new ScalableClock({ scale: 0, startMs: 1_000_000_000 });
  return { clock, limits: new Limits(clock, new SeededIds('x'), { profile: { ...publishedLimits, ...profile }, timeScale }) };
}

const admitted = (r: Admission | Throttle): Admission => { if (!('leave' in r)) throw new Error(`throttled: ${r.message}`); return r; };
const refused = (r: Admission | Throttle): Throttle => { if ('leave' in r) throw new Error('let through'); return r; };

test('a fifth concurrent request on one mailbox is refused, on another it is not', () => {
  const { limits } = make();
  const held = [1, 2, 3, 4].map(() => admitted(limits.admit(outlook)));
  expect(refused(limits.admit(outlook))).toMatchObject({ code: 'ApplicationThrottled', message: 'Application is over its MailboxConcurrency limit.' });
  admitted(limits.admit({ ...outlook, mailbox: 'm2' })).leave();
  held[0]?.leave();
  held[0]?.leave();
  admitted(limits.admit(outlook));
  refused(limits.admit(outlook));
});

test('the 10,001st request within ten minutes is refused until the window has passed', () => {
  const { limits, clock } = make();
  for (let i = 0; i < 10_000; i += 1) admitted(limits.admit(outlook)).leave();
  const throttle = refused(limits.admit(outlook));
  expect(limits.retryAfterSeconds(throttle)).toBeLessThanOrEqual(600);
  expect(limits.retryAfterSeconds(throttle)).toBeGreaterThan(580);
  clock.advance(throttle.retryAfterMs);
  admitted(limits.admit(outlook));
});

test('the time scale shortens the window, not the number', () => {
  const { limits, clock } = make({}, 60);
  for (let i = 0; i < 10_000; i += 1) admitted(limits.admit(outlook)).leave();
  expect(limits.retryAfterSeconds(refused(limits.admit(outlook)))).toBeLessThanOrEqual(10);
  clock.advance(10_500);
  admitted(limits.admit(outlook));
});

test('uploaded bytes count as they arrive; over 150 MB in five minutes the next upload waits', () => {
  const { limits, clock } = make();
  const upload = { ...outlook, write: true, contentLength: 100 * 1024 * 1024 };
  const first = admitted(limits.admit(upload));
  first.upload(100 * 1024 * 1024);
  first.leave();
  const throttle = refused(limits.admit(upload));
  expect(throttle.message).toBe('Application is over its IncomingBytes limit.');
  admitted(limits.admit(outlook)).leave();
  clock.advance(throttle.retryAfterMs);
  admitted(limits.admit(upload));
});

test('directory units: the answer tells its cost, warns above 80 % and says who is over what', () => {
  const { limits } = make();
  const read: Charge = { ...outlook, service: 'directory', mailbox: null, units: 2 };
  expect(admitted(limits.admit(read)).headers).toEqual({ 'x-ms-resource-unit': '2' });
  for (let i = 0; i < 1_449; i += 1) admitted(limits.admit(read));
  expect(admitted(limits.admit(read)).headers['x-ms-throttle-limit-percentage']).toBe('0.8');
  for (let i = 0; i < 299; i += 1) admitted(limits.admit(read));
  expect(refused(limits.admit(read)).headers).toMatchObject({ 'x-ms-throttle-scope': 'Tenant_Application/ReadWrite/app/t', 'x-ms-throttle-information': 'ResourceUnitLimitExceeded' });
});

test('a report is asked 14 times in ten minutes, each report for itself', () => {
  const { limits } = make();
  const report: Charge = { ...outlook, service: 'reports', mailbox: null, report: 'a' };
  for (let i = 0; i < 14; i += 1) admitted(limits.admit(report));
  refused(limits.admit(report));
  admitted(limits.admit({ ...report, report: 'b' }));
});

test('refused requests count: who keeps asking keeps waiting', () => {
  const { limits, clock } = make({ reports: { max: 2, windowMs: 60_000 } });
  const report: Charge = { ...outlook, service: 'reports', mailbox: null, report: 'a' };
  for (let i = 0; i < 2; i += 1) admitted(limits.admit(report));
  for (let i = 0; i < 10; i += 1) {
    clock.advance(10_000);
    refused(limits.admit(report));
  }
  clock.advance(61_000);
  admitted(limits.admit(report));
});

test('SharePoint’s units: a minute’s are counted for app and tenant, from 80 % on answers say what is left, and a permission costs five', () => {
  const { limits, clock } = make();
  const read: Charge = { ...outlook, service: 'files', mailbox: null, units: 1 };
  for (let i = 0; i < 990; i += 1) expect(admitted(limits.admit(read)).headers).toEqual({ 'x-ms-resource-unit': '1' });
  for (let i = 0; i < 10; i += 1) limits.admit(read);
  expect(admitted(limits.admit({ ...read, units: 5 })).headers).toMatchObject({ 'x-ms-resource-unit': '5', 'RateLimit-Limit': '1250', 'RateLimit-Remaining': '245' });
  for (let i = 0; i < 245; i += 1) admitted(limits.admit(read));
  const throttle = refused(limits.admit(read));
  expect(throttle).toMatchObject({ code: 'activityLimitReached', innerCode: 'throttledRequest' });
  admitted(limits.admit({ ...read, tenantId: 'another' }));
  clock.advance(throttle.retryAfterMs);
  admitted(limits.admit(read));
});

test('no more than 300 things are shared in five minutes', () => {
  const { limits } = make({ files: { units: null, sharing: { max: 300, windowMs: 300_000 } } });
  const share: Charge = { ...outlook, service: 'files', mailbox: null, units: 5, write: true, sharing: true };
  for (let i = 0; i < 300; i += 1) admitted(limits.admit(share));
  refused(limits.admit(share));
  admitted(limits.admit({ ...share, sharing: false }));
});
