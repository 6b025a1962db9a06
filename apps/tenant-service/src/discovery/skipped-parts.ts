/** What a discovery could not look at, and why: such a part stays empty, and the rest of the scan is whole. */
import { GraphRequestError } from '@migrator/graph-client';

/** Parts of a scan that it can do without, and the permissions any one of which opens them (graph/platform.md 5.2, graph/files.md 0). */
export const partRoles = {
  sites: ['Sites.Read.All', 'Sites.ReadWrite.All', 'Sites.Manage.All', 'Sites.FullControl.All'],
  'site-sizes': ['Reports.Read.All', 'Files.Read.All', 'Sites.Read.All'],
  drives: ['Files.Read.All', 'Files.ReadWrite.All', 'Sites.Read.All', 'Sites.ReadWrite.All', 'Sites.Manage.All', 'Sites.FullControl.All'],
  teams: ['Group.Read.All', 'Group.ReadWrite.All', 'Directory.Read.All', 'Directory.ReadWrite.All'],
  'team-members': ['GroupMember.Read.All', 'Group.Read.All', 'Directory.Read.All'],
  groups: ['Group.Read.All', 'Group.ReadWrite.All', 'GroupMember.Read.All', 'Directory.Read.All', 'Directory.ReadWrite.All'],
  'sharepoint-quota': ['Organization.Read.All', 'Directory.Read.All'],
  'unlicensed-drives': ['Reports.Read.All'],
  'sharepoint-settings': ['SharePointTenantSettings.Read.All', 'SharePointTenantSettings.ReadWrite.All'],
} as const satisfies Record<string, readonly [string, ...string[]]>;
export type ScanPart = keyof typeof partRoles;

export interface SkippedPart {
  part: ScanPart;
  /** For the operator: what Microsoft answered and what would help. */
  reason: string;
}

export class SkippedParts {
  readonly #parts = new Map<ScanPart, string>();

  get list(): SkippedPart[] {
    return [...this.#parts].map(([part, reason]) => ({ part, reason }));
  }

  note(part: ScanPart, reason: string): void {
    if (!this.#parts.has(part)) this.#parts.set(part, reason);
  }

  /** Notes a part for which the token carries no permission; true when it does carry one. */
  allowed(part: ScanPart, roles: readonly string[]): boolean {
    const allowed = partRoles[part].some((role) => roles.includes(role));
    if (!allowed) this.note(part, `The application was not granted ${partRoles[part].join(' or ')}.`);
    return allowed;
  }

  /** What `read` finds; null when Microsoft refuses it for good, which is noted. Everything else is thrown on. */
  async attempt<T>(part: ScanPart, read: () => Promise<T>): Promise<T | null> {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof GraphRequestError) || !refusals.has(error.kind)) throw error;
      const answer = `Microsoft answered ${error.status}${error.graphCode === null ? '' : ` ${error.graphCode}`}`;
      this.note(part, error.kind === 'forbidden' ? `${answer}: the application may need ${partRoles[part].join(' or ')}.` : `${answer}: the tenant has no such service, or no licence for it.`);
      return null;
    }
  }
}

/** Waiting changes nothing about these. */
const refusals: ReadonlySet<GraphRequestError['kind']> = new Set(['forbidden', 'not_found', 'bad_request']);
