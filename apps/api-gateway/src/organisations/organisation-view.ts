/** An organisation as the contract has it. */
import type { organisationSchema } from '@migrator/contracts/api/people';
import type { z } from 'zod';
import type { Organisation } from './organisation-repository.js';

export const organisationView = ({ id, name, plan, rateLimitPerMinute, createdAt }: Organisation): z.input<typeof organisationSchema> => ({ id, name, plan, rateLimitPerMinute, createdAt: createdAt.toISOString() });
