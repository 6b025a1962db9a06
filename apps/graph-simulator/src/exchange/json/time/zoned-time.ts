import { ianaZone } from './windows-zones.js';

const formatters = new Map<string, Intl.DateTimeFormat>();

function formatter(iana: string): Intl.DateTimeFormat {
  let found = formatters.get(iana);
  if (found === undefined) {
    found = new Intl.DateTimeFormat('en-US', {
      timeZone: iana, hourCycle: 'h23', era: 'short',
      year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric',
    });
    formatters.set(iana, found);
  }
  return found;
}

/** How far the zone's clocks are ahead of UTC at that instant, in milliseconds. */
function offsetMs(iana: string, utcMs: number): number {
  if (iana === 'Etc/UTC' || iana === 'UTC') return 0;
  const wholeSeconds = Math.floor(utcMs / 1000) * 1000;
  const parts: Record<string, number> = {};
  for (const { type, value } of formatter(iana).formatToParts(wholeSeconds)) {
    if (type !== 'literal' && type !== 'era') parts[type] = Number(value);
  }
  const wall = Date.UTC(parts['year'] ?? 0, (parts['month'] ?? 1) - 1, parts['day'] ?? 1, parts['hour'] ?? 0, parts['minute'] ?? 0, parts['second'] ?? 0);
  return wall - wholeSeconds;
}

/** Throws RangeError for a zone that `ianaZone` does not know: callers check names where they come in. */
function requireZone(zone: string): string {
  const iana = ianaZone(zone);
  if (iana === null) throw new RangeError(`Unknown time zone ${zone}`);
  return iana;
}

/** `2025-03-30T01:30:00.0000000` or shorter, without an offset, as milliseconds on a clock without zones; null when malformed. */
export function parseWall(text: string): number | null {
  const m = /^(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,12}))?)?)?$/.exec(text);
  if (m === null) return null;
  const [, y, mo, d, h = '0', mi = '0', s = '0', f = '0'] = m;
  const ms = Date.UTC(Number(y), Number(mo) - 1, Number(d), Number(h), Number(mi), Number(s), Math.floor(Number(`0.${f}`) * 1000));
  // Date.UTC rolls 31 February over into March; Exchange refuses it.
  const back = new Date(ms);
  return back.getUTCMonth() === Number(mo) - 1 && back.getUTCDate() === Number(d) && Number(h) < 24 && Number(mi) < 60 && Number(s) < 60 ? ms : null;
}

/** A wall time as Graph writes it in `dateTimeTimeZone`: seven decimals and no offset. */
export function formatWall(wallMs: number): string {
  return `${new Date(wallMs).toISOString().slice(0, -1)}0000`;
}

/**
 * The instant a wall clock of that zone shows this time. A time that daylight saving skips counts as if the clocks had not
 * changed yet; one that comes twice means the first.
 */
export function wallToUtc(wallMs: number, zone: string): number {
  const iana = requireZone(zone);
  const before = wallMs - offsetMs(iana, wallMs - 86_400_000);
  if (offsetMs(iana, before) === wallMs - before) return before;
  const after = wallMs - offsetMs(iana, wallMs + 86_400_000);
  return offsetMs(iana, after) === wallMs - after ? after : before;
}

/** What a wall clock of that zone shows at this instant. */
export function utcToWall(utcMs: number, zone: string): number {
  return utcMs + offsetMs(requireZone(zone), utcMs);
}

/** `2025-01-02T03:04:05Z`, the form of Graph's DateTimeOffset for mail: whole seconds. */
export function isoSeconds(utcMs: number): string {
  return `${new Date(utcMs).toISOString().slice(0, 19)}Z`;
}

/** With seven decimals (`2025-01-02T03:04:05.0000000Z`), the form events and tasks use. */
export function isoTicks(utcMs: number): string {
  return `${new Date(utcMs).toISOString().slice(0, -1)}0000Z`;
}
