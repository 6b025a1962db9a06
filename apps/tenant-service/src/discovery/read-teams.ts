/** Every team of a tenant, by the mark that Teams sets on its group (https://learn.microsoft.com/graph/teams-list-all-teams). */
import type { GraphPort } from '@migrator/graph-client';
import { z } from 'zod';
import { askEach } from '../microsoft/ask-each.js';
import type { PlaceFinding } from './place-repository.js';
import type { SkippedParts } from './skipped-parts.js';

const groupAnswer = z.object({ id: z.string(), displayName: z.string().nullish(), description: z.string().nullish(), mailNickname: z.string().nullish() });
const countAnswer = z.object({ '@odata.count': z.number().int().min(0) });

/** Pages of findings. Members are counted, not listed; a count that Microsoft does not give is null. */
export async function* readTeams(port: GraphPort, skipped: SkippedParts, signal: AbortSignal): AsyncGenerator<PlaceFinding[]> {
  const query = { $filter: "resourceProvisioningOptions/Any(x:x eq 'Team')", $select: 'id,displayName,description,mailNickname', $top: '999' };
  for await (const page of port.pages<unknown>('/groups', { budget: { kind: 'directory' }, query, signal })) {
    const groups = page.value.map((group) => groupAnswer.parse(group));
    // One member in a page costs a third of a list; the count comes with it, in a batch too, where bare numbers would not.
    const questions = groups.map(({ id }) => ({ id, url: `/groups/${encodeURIComponent(id)}/members?$count=true&$top=1&$select=id`, headers: { ConsistencyLevel: 'eventual' } }));
    const counts = await askEach(port, questions, { kind: 'directory' }, signal);
    yield groups.map(({ id, displayName, description, mailNickname }) => {
      const { status, body } = counts.get(id) ?? { status: 0, body: null };
      const count = status === 200 ? countAnswer.safeParse(body) : null;
      if (count?.success !== true && status !== 404) skipped.note('team-members', `Microsoft did not count the members of some teams (${status}).`);
      return { kind: 'team', microsoftId: id, name: displayName ?? mailNickname ?? id, detail: { description: description ?? null, mailNickname: mailNickname ?? null, memberCount: count?.success === true ? count.data['@odata.count'] : null } };
    });
  }
}
