/** Which source goes to which destination: matched by itself, corrected in a spreadsheet. */
import { z } from 'zod';
import { idSchema } from '../ids.js';
import { pageFields, pageQuery } from './common.js';
import { workloadNames } from './tenants.js';

/** What a mapping maps: the sources of a workload, or people and groups, as permissions name them (`IDENTITY`, for all workloads of the pair). */
export const mappingSubjects = [...workloadNames, 'IDENTITY'] as const;
export type MappingSubject = (typeof mappingSubjects)[number];
const pair = { sourceTenantId: idSchema('ten'), destTenantId: idSchema('ten'), type: z.enum(mappingSubjects) };
/** Which pair of tenants and what a mapping is for. */
export const mappingQuery = z.object(pair);

export const mappingRowSchema = z
  .object({
    /** Address, URL or name of the source, and its discovered id. */
    source: z.string(),
    sourceId: z.string(),
    dest: z.string().nullable(),
    destId: z.string().nullable(),
    /** `automatic`: by name. `corrected`: from the mapping that was uploaded. `excluded`: the upload says not to migrate it. `unmatched`: nothing fits. */
    how: z.enum(['automatic', 'corrected', 'excluded', 'unmatched']),
    /** What is wrong with it, such as a destination that two sources share; null when nothing is. */
    problem: z.string().nullable(),
  })
  .meta({ id: 'Mapping', description: 'One source and where it goes.' });
export type MappingRow = z.infer<typeof mappingRowSchema>;
export const matchMappingsBody = z.strictObject({ ...pair, limit: pageQuery(50, 500).shape.limit, cursor: pageQuery(50, 500).shape.cursor });
export const matchMappingsAnswer = z.object({ mappings: z.array(mappingRowSchema), summary: z.object({ automatic: z.number().int(), corrected: z.number().int(), excluded: z.number().int(), unmatched: z.number().int(), problems: z.number().int() }), ...pageFields });
/** Header of the CSV in both directions; further columns are ignored on upload. An empty `dest` means: match by itself; `-` means: do not migrate. */
export const mappingCsvHeader = ['source', 'dest', 'how', 'problem'] as const;
export const putMappingsAnswer = z.object({ rows: z.number().int(), corrected: z.number().int(), excluded: z.number().int() });
