/** Every group of a tenant that can hold a permission: Microsoft 365, security and distribution groups alike (https://learn.microsoft.com/graph/api/group-list). */
import type { GraphPort } from '@migrator/graph-client';
import { z } from 'zod';
import type { PlaceFinding } from './place-repository.js';

const groupAnswer = z.object({ id: z.string(), displayName: z.string().nullish(), mail: z.string().nullish(), mailNickname: z.string().nullish() });

/** Pages of findings. */
export async function* readGroups(port: GraphPort, signal: AbortSignal): AsyncGenerator<PlaceFinding[]> {
  for await (const page of port.pages<unknown>('/groups', { budget: { kind: 'directory' }, query: { $select: 'id,displayName,mail,mailNickname', $top: '999' }, signal }))
    yield page.value.map((group) => {
      const { id, displayName, mail, mailNickname } = groupAnswer.parse(group);
      return { kind: 'group', microsoftId: id, name: displayName ?? mail ?? id, detail: { mail: mail ?? null, mailNickname: mailNickname ?? null } };
    });
}
