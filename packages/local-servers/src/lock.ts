/** A lock between processes of one machine, held in a file that names its owner. */
import { randomUUID } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { isAlive, startTimeOf, type KnownProcess } from './process-identity.js';

interface Owner extends KnownProcess {
  host: string;
  token: string;
}

const heartbeatMs = 10_000;
/** Where the owner cannot be looked up (another machine's or container's), its silence decides. */
const silentMsMax = 120_000;
const takeoverMsMax = 10_000;

/**
 * Runs `work` while holding the lock file `path`, waiting for whoever holds it. A lock whose owner has died is taken over at once,
 * by one of those who wait. Not re-entrant. Throws when the lock cannot be written at all.
 */
export async function withLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  const own: Owner = { pid: process.pid, startedAt: startTimeOf(process.pid) ?? '', host: hostname(), token: randomUUID() };
  while (!acquire(path, own)) {
    breakWhenDead(path);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const heartbeat = setInterval(() => {
    if (readOwner(path)?.token === own.token) utimesSync(path, new Date(), new Date());
  }, heartbeatMs);
  heartbeat.unref();
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    if (readOwner(path)?.token === own.token) rmSync(path, { force: true });
  }
}

/** Makes the file with its content in one step: a lock is never seen without its owner. */
function acquire(path: string, own: Owner): boolean {
  const draft = `${path}.${own.token}`;
  writeFileSync(draft, JSON.stringify(own), { mode: 0o600 });
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

function readOwner(path: string): Owner | null {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Owner;
  } catch {
    return null;
  }
}

function isDead(path: string): boolean {
  const made = statSync(path, { throwIfNoEntry: false });
  if (made === undefined) return false;
  const owner = readOwner(path);
  return owner?.host === hostname() ? !isAlive(owner) : Date.now() - made.mtimeMs > silentMsMax;
}

/** Removes a dead owner's lock. One at a time looks and removes, so that nobody removes the lock of the next owner. */
function breakWhenDead(path: string): void {
  if (!isDead(path)) return;
  const guard = `${path}.takeover`;
  try {
    mkdirSync(guard);
  } catch {
    const made = statSync(guard, { throwIfNoEntry: false });
    if (made !== undefined && Date.now() - made.mtimeMs > takeoverMsMax) rmSync(guard, { recursive: true, force: true });
    return;
  }
  try {
    if (isDead(path)) rmSync(path, { recursive: true, force: true });
  } finally {
    rmdirSync(guard);
  }
}
