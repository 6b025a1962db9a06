/** Microsoft's published limits, as data. Sources: the Graph throttling-limits page (Outlook, reports, identity). */
import type { Budget } from '../graph-port.js';

export interface Limit {
  /** Requests in flight at once. */
  concurrency: number;
  /** Requests per window. */
  requests: { max: number; windowMs: number } | null;
  /** Bytes sent in request bodies per window. */
  uploadBytes: { max: number; windowMs: number } | null;
}

const minute = 60_000;

/**
 * How much of a window is used. Microsoft counts a request when it arrives, we when it leaves: with all of it, a few that travelled
 * slowly and a few that travelled fast would meet in one window. Together with the window's own care 96 % are used.
 */
export const plannedShare = 0.98;

/**
 * Outlook, per application and mailbox: 10,000 requests in 10 minutes, 4 in flight, 150 MB uploaded in 5 minutes. Reports: 14 CSV
 * files in 10 minutes. Directory: resource units by tenant size; the smallest tenant's 3,500 in 10 s at 2 units a request.
 */
export const publishedLimits: Record<Budget['kind'], Limit> = {
  outlook: { concurrency: 4, requests: { max: 10_000, windowMs: 10 * minute }, uploadBytes: { max: 150 * 1024 * 1024, windowMs: 5 * minute } },
  reports: { concurrency: 2, requests: { max: 14, windowMs: 10 * minute }, uploadBytes: null },
  directory: { concurrency: 16, requests: { max: 1_750, windowMs: 10_000 }, uploadBytes: null },
  none: { concurrency: Number.POSITIVE_INFINITY, requests: null, uploadBytes: null },
};

/** Two requests share a budget when their keys are equal. */
export const budgetKey = (app: string, tenantId: string, budget: Budget): string => {
  switch (budget.kind) {
    case 'outlook':
      return `${app}/${tenantId}/outlook/${budget.mailbox.toLowerCase()}`;
    case 'reports':
      return `${app}/${tenantId}/reports/${budget.report}`;
    case 'directory':
    case 'none':
      return `${app}/${tenantId}/${budget.kind}`;
  }
};
