/** Bodies of writes to drives, read as SharePoint reads them: what it does not know it refuses. */
import { z } from 'zod';
import { GraphFault } from '../../http/route.js';
import type { FileSystemInfo } from './drive.js';

export const conflictName = '@microsoft.graph.conflictBehavior';
export const conflict = z.enum(['fail', 'replace', 'rename']);

/** UTC, whole seconds: fractions and offsets are refused (graph/files.md 4.2). */
const moment = z.string().regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/);
const fileSystemInfo = z.strictObject({ createdDateTime: moment, lastModifiedDateTime: moment });

export const newFolder = z.strictObject({ name: z.string(), folder: z.strictObject({}), [conflictName]: conflict.optional() });
export const sessionBody = z.strictObject({ item: z.strictObject({ [conflictName]: conflict.optional(), name: z.string().optional(), fileSystemInfo: fileSystemInfo.optional(), description: z.string().optional() }).optional(), deferCommit: z.boolean().optional() });
export const itemChange = z.strictObject({ name: z.string().optional(), parentReference: z.strictObject({ id: z.string().optional(), driveId: z.string().optional() }).optional(), fileSystemInfo: fileSystemInfo.optional(), description: z.string().optional(), [conflictName]: conflict.optional() });

/** What the instance annotation was called before there was Graph; clients still send it (rclone). */
const formerConflictName = '@name.conflictBehavior';

/** The body by its schema. Throws GraphFault 400. */
export function parseBody<T>(schema: z.ZodType<T>, body: unknown): T {
  const read = schema.safeParse(typeof body === 'object' && body !== null && formerConflictName in body ? renamed(body) : (body ?? {}));
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw new GraphFault(400, 'invalidRequest', `The request is malformed or incorrect: ${issue?.path.join('/') ?? ''} ${issue?.message ?? ''}`);
}

const renamed = ({ [formerConflictName]: behavior, ...rest }: { [formerConflictName]?: unknown }): Record<string, unknown> => ({ ...rest, [conflictName]: behavior });

export const datesOf = (given: z.output<typeof fileSystemInfo> | undefined): FileSystemInfo => (given === undefined ? {} : { createdAt: given.createdDateTime, modifiedAt: given.lastModifiedDateTime });
