import { SeededIds } from './ids.js';

/** What a fault does to the request it hits. Delays are real milliseconds, so that they stay what they say under any clock. */
export type FaultAction =
  | { kind: 'status'; status: number; code: string; message?: string | undefined; headers?: Record<string, string> | undefined }
  | { kind: 'emptyStatus'; status: number; headers?: Record<string, string> | undefined }
  | { kind: 'htmlError'; status: number; headers?: Record<string, string> | undefined }
  /** The connection drops and nothing happened. */
  | { kind: 'resetBefore' }
  /** The work is done, then the connection drops. */
  | { kind: 'resetAfterWrite' }
  /** The work is done, then the answer is this error. */
  | { kind: 'statusAfterWrite'; status: number; code: string; message?: string | undefined; headers?: Record<string, string> | undefined }
  | { kind: 'delayMs'; ms: number }
  /** The work is done at once, its answer comes late. */
  | { kind: 'lateAnswer'; ms: number }
  /** The answer's body drips. */
  | { kind: 'slowBody'; bytesPerSecond: number }
  /** The answer's body stops after this many bytes and the connection drops. */
  | { kind: 'truncateBody'; bytes: number };

/** Which requests a fault is for; what is absent matches everything. */
export interface FaultMatch {
  method?: string | undefined;
  /** A regular expression (any case) over host and path with query, e.g. `graph.microsoft.com/v1.0/users?$top=10`. */
  path?: string | undefined;
  /** The user id or UPN of a mailbox. */
  mailbox?: string | undefined;
  tenantId?: string | undefined;
  clientId?: string | undefined;
}

/** One line of the fault script. */
export interface FaultRule {
  id: string;
  match: FaultMatch;
  /** Strikes from the nth matching request on (counted from 1). */
  nth?: number | undefined;
  /** Strikes each matching request with this chance, by the seed. */
  probability?: number | undefined;
  seed?: string | undefined;
  /** Strikes at most so often. Default: once when `nth` is given, without end otherwise. */
  times?: number | undefined;
  action: FaultAction;
}

/** What is known of a request when faults are chosen. */
export interface FaultSubject {
  method: string;
  /** Host and path with query, production shape. */
  target: string;
  tenantId: string | null;
  clientId: string | null;
  /** Every name of the mailbox: object id, UPN. Lower case. */
  mailbox: readonly string[];
}

interface Armed { rule: FaultRule; path: RegExp | null; seen: number; struck: number; chance: SeededIds }

/** The fault script, looked up once per request (and once per item of a batch). Order of rules is order of precedence. */
export class FaultList {
  #armed: Armed[] = [];

  /** Adds a rule, replacing one of the same id. Throws SyntaxError when the path is no regular expression. */
  add(rule: FaultRule): void {
    const armed: Armed = {
      rule,
      path: rule.match.path === undefined ? null : new RegExp(rule.match.path, 'i'),
      seen: 0,
      struck: 0,
      chance: new SeededIds(`fault ${rule.seed ?? rule.id}`),
    };
    this.#armed = [...this.#armed.filter((a) => a.rule.id !== rule.id), armed];
  }

  /** Removes one rule, or all. Returns how many went. */
  remove(id?: string): number {
    const before = this.#armed.length;
    this.#armed = id === undefined ? [] : this.#armed.filter((a) => a.rule.id !== id);
    return before - this.#armed.length;
  }

  list(): { rule: FaultRule; seen: number; struck: number }[] {
    return this.#armed.map(({ rule, seen, struck }) => ({ rule, seen, struck }));
  }

  /** The rules that strike this request, in order: any delays, and at most one other action. Every matching rule counts it as seen. */
  strike(subject: FaultSubject): { id: string; action: FaultAction }[] {
    if (this.#armed.length === 0) return [];
    const hits: { id: string; action: FaultAction }[] = [];
    let decided = false;
    for (const armed of this.#armed) {
      if (!matches(armed, subject)) continue;
      armed.seen += 1;
      const { rule } = armed;
      const delay = rule.action.kind === 'delayMs';
      if (!delay && decided) continue;
      if (armed.struck >= (rule.times ?? (rule.nth === undefined ? Infinity : 1))) continue;
      if (rule.nth !== undefined && armed.seen < rule.nth) continue;
      if (rule.probability !== undefined && armed.chance.random() >= rule.probability) continue;
      armed.struck += 1;
      if (!delay) decided = true;
      hits.push({ id: rule.id, action: rule.action });
    }
    return hits;
  }
}

function matches({ rule: { match }, path }: Armed, subject: FaultSubject): boolean {
  if (match.method !== undefined && match.method.toUpperCase() !== subject.method) return false;
  if (match.tenantId !== undefined && match.tenantId.toLowerCase() !== subject.tenantId) return false;
  if (match.clientId !== undefined && match.clientId.toLowerCase() !== subject.clientId?.toLowerCase()) return false;
  if (match.mailbox !== undefined && !subject.mailbox.includes(match.mailbox.toLowerCase())) return false;
  return path?.test(subject.target) ?? true;
}
