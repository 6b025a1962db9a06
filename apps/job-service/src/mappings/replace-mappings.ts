/** PUT /v1/mappings: takes a whole spreadsheet, or nothing of it. */
import type { FieldError } from '@migrator/contracts/errors';
import type { Clock } from '@migrator/service-kit/clock';
import { inTransaction, type Sql } from '@migrator/service-kit/database';
import type { KeepIdentities } from '../identities/keep-identities.js';
import { automaticMatch } from '../matching/automatic-match.js';
import { fold } from '../matching/candidate.js';
import { assertDiscovered, findPair, loadDirectories, type PairWish } from '../matching/tenant-pair.js';
import type { TenantDirectory } from '../tenants/tenant-directory.js';
import { replaceCorrections } from './correction-repository.js';
import { excludedMark, parseMappings, tooMany } from './mapping-csv.js';

/**
 * Replaces the corrections of the pair and workload. What equals the automatic match is no correction: it follows later discoveries.
 * VALIDATION_ERROR names the lines whose source or destination was not discovered, or whose source stands there twice.
 */
export const makeReplaceMappings =
  ({ sql, clock, tenants, keepIdentities }: { sql: Sql; clock: Clock; tenants: TenantDirectory; keepIdentities: KeepIdentities }) =>
  async (wish: PairWish & { actor: string; csv: string }): Promise<{ rows: number; corrected: number; excluded: number }> => {
    const uploaded = parseMappings(wish.csv);
    const pair = await findPair(tenants, wish);
    assertDiscovered(pair);
    const { source, dest } = await loadDirectories(tenants, pair, wish);
    const automatic = automaticMatch(wish.workload, source, dest);
    const problems: FieldError[] = [];
    const corrections = new Map<string, string | null>();
    const lines = new Map<string, number>();
    for (const row of uploaded) {
      const path = `line ${row.line}`;
      const from = source.find(row.source);
      if (from === null) {
        problems.push({ path, message: `“${row.source}” was not discovered in the source tenant` });
        continue;
      }
      const before = lines.get(from.id);
      if (before !== undefined) problems.push({ path, message: `“${row.source}” stands in line ${before} already` });
      lines.set(from.id, row.line);
      if (row.dest === excludedMark) corrections.set(fold(from.name), null);
      else if (row.dest !== '') {
        const to = dest.find(row.dest);
        if (to === null) problems.push({ path, message: `“${row.dest}” was not discovered in the destination tenant` });
        else if (automatic(from)?.id !== to.id) corrections.set(fold(from.name), to.name);
      }
    }
    if (problems.length > 0) throw tooMany(problems);
    await inTransaction(sql, (tx) => replaceCorrections(tx, wish, corrections, { actor: wish.actor, at: clock.now() }));
    // Jobs that are under way read it from here on: whom they could not place before, a retry or delta pass can.
    if (wish.workload === 'IDENTITY') await keepIdentities(wish);
    const excluded = [...corrections.values()].filter((to) => to === null).length;
    return { rows: uploaded.length, corrected: corrections.size - excluded, excluded };
  };
