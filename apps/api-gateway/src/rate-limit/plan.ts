/** Requests a minute by plan. */
import type { plans } from '@migrator/contracts/api/people';

export type Plan = (typeof plans)[number];

const perMinute: Record<Plan, number> = { starter: 300, pro: 1_000, enterprise: 10_000 };

/** What the organisation may do: what was set for it, else what its plan gives. */
export const rateLimitOf = (plan: Plan, set: number | null): number => set ?? perMinute[plan];
