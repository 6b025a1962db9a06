import type { GraphRequest } from '../../../http/route.js';
import { GraphFault } from '../../../http/route.js';
import { ianaZone } from '../time/windows-zones.js';

/** What a client asked for in `Prefer` (graph/exchange.md 2). */
export interface Preferences {
  /** Ids in answers are immutable ones. Ids in requests may be of either kind at any time. */
  readonly immutableIds: boolean;
  /** `odata.maxpagesize`, null when not asked. */
  readonly pageSize: number | null;
  /** Zone in which event times are answered; null means UTC. As written by the client. */
  readonly timeZone: string | null;
  readonly bodyType: 'text' | 'html' | null;
  /** What `Preference-Applied` repeats; empty when nothing was asked that Exchange knows. */
  readonly applied: string;
}

/** `a, b="c, d"` as its parts: commas inside quotes do not part. */
function parts(header: string): string[] {
  return (header.match(/(?:"[^"]*"|[^,"])+/g) ?? []).map((p) => p.trim()).filter((p) => p !== '');
}

/** Reads `Prefer`. Throws GraphFault 400 for a time zone that Exchange does not know; unknown preferences are ignored. */
export function readPreferences(req: Pick<GraphRequest, 'headers'>): Preferences {
  const raw = req.headers['prefer'];
  let immutableIds = false;
  let pageSize: number | null = null;
  let timeZone: string | null = null;
  let bodyType: Preferences['bodyType'] = null;
  const applied: string[] = [];
  for (const part of parts(Array.isArray(raw) ? raw.join(',') : raw ?? '')) {
    const eq = part.indexOf('=');
    const name = (eq < 0 ? part : part.slice(0, eq)).trim().toLowerCase();
    const value = eq < 0 ? '' : part.slice(eq + 1).trim().replace(/^"(.*)"$/s, '$1');
    if (name === 'idtype' && value.toLowerCase() === 'immutableid') {
      immutableIds = true;
      applied.push('IdType=ImmutableId'); // observed without the quotes
    } else if (name === 'odata.maxpagesize' && /^\d{1,6}$/.test(value) && Number(value) > 0) {
      pageSize = Number(value);
      applied.push(`odata.maxpagesize=${value}`);
    } else if (name === 'outlook.timezone') {
      if (ianaZone(value) === null) throw new GraphFault(400, 'TimeZoneNotSupportedException', `A valid TimeZone value must be specified. The following TimeZone value is not supported: '${value}'.`);
      timeZone = value;
      applied.push(`outlook.timezone="${value}"`);
    } else if (name === 'outlook.body-content-type' && (value === 'text' || value === 'html')) {
      bodyType = value;
      applied.push(`outlook.body-content-type="${value}"`);
    } else if (name === 'outlook.allow-unsafe-html') {
      applied.push('outlook.allow-unsafe-html');
    }
  }
  return { immutableIds, pageSize, timeZone, bodyType, applied: applied.join(', ') };
}
