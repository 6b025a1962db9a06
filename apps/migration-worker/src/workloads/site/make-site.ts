/**
 * A site that is still to be made: it comes with a Microsoft 365 group, minutes after the group. Found again by its address, whoever
 * looks, so that nothing is made twice. https://learn.microsoft.com/graph/api/group-post-groups
 */
import { pathOfNewSite } from '@migrator/contracts/new-site';
import { GraphRequestError, type GraphPort, type RequestOptions } from '@migrator/graph-client';
import { segment } from '../drive/drive.js';
import { textOf, type Raw } from '../drive/drive-item.js';
import { orEndUnit, unitErrorOf } from '../graph-errors.js';
import { UnitError, type Destination, type UnitPorts } from '../workload.js';

/** As many as Graph binds in one request. */
const ownersMax = 20;

/**
 * Microsoft's id of the site; null in a dry run when it is not there. Throws UnitError: DEST_MISSING while the site is on its way, which
 * passes, or when its group cannot be made.
 */
export async function siteToWriteTo({ microsoftId, sourceAddress, dryRun }: Destination, ports: UnitPorts, signal: AbortSignal): Promise<string | null> {
  const path = pathOfNewSite(microsoftId);
  if (path === null) return microsoftId;
  const there = await idAt(ports.destination, `/sites/${path}`, signal);
  if (there !== null || dryRun) return there;
  const alias = path.slice(path.lastIndexOf('/') + 1);
  const groupId = (await groupNamed(ports.destination, 'dest', alias, signal))?.id ?? (await makeGroup(alias, sourceAddress, ports, signal));
  const made = await idAt(ports.destination, `/groups/${groupId}/sites/root`, signal);
  if (made === null) throw new UnitError('DEST_MISSING', 'dest', true, { code: null, requestId: null });
  return made;
}

const directory = (signal: AbortSignal, more: Partial<RequestOptions> = {}): RequestOptions => ({ budget: { kind: 'directory' }, signal, ...more });

/** Null when there is none, or not yet. */
async function idAt(port: GraphPort, path: string, signal: AbortSignal): Promise<string | null> {
  try {
    return textOf((await port.get<Raw>(path, { budget: { kind: 'files' }, signal, units: 1, query: { $select: 'id' } }))['id']);
  } catch (error) {
    if (error instanceof GraphRequestError && error.kind === 'not_found') return null;
    throw unitErrorOf(error, 'dest');
  }
}

interface Group {
  readonly id: string;
  readonly displayName: string;
  readonly description: string | null;
  readonly visibility: string | null;
}

async function groupNamed(port: GraphPort, side: 'source' | 'dest', alias: string, signal: AbortSignal): Promise<Group | null> {
  const query = { $filter: `mailNickname eq '${alias.replaceAll("'", "''")}'`, $select: 'id,displayName,description,visibility,groupTypes' };
  const { value } = await orEndUnit(side, () => port.get<{ value: Raw[] }>('/groups', directory(signal, { query })));
  const group = value.find((raw) => Array.isArray(raw['groupTypes']) && (raw['groupTypes'] as unknown[]).includes('Unified'));
  const id = textOf(group?.['id']);
  return group === undefined || id === null ? null : { id, displayName: textOf(group['displayName']) ?? alias, description: textOf(group['description']), visibility: textOf(group['visibility']) };
}

/** A group like the source's, with those of its owners that the destination has. Returns its id. */
async function makeGroup(alias: string, sourceAddress: string, ports: UnitPorts, signal: AbortSignal): Promise<string> {
  const like = await groupNamed(ports.source, 'source', decodeURIComponent(sourceAddress.slice(sourceAddress.lastIndexOf('/') + 1)), signal);
  const owners = like === null ? [] : await ownersOf(like.id, ports, signal);
  const body = {
    ...{ displayName: like?.displayName ?? alias, mailNickname: alias, mailEnabled: true, securityEnabled: false, groupTypes: ['Unified'], visibility: like?.visibility === 'Public' ? 'Public' : 'Private' },
    ...(like?.description == null || like.description === '' ? {} : { description: like.description }),
    ...(owners.length === 0 ? {} : { 'owners@odata.bind': owners.map((id) => `https://graph.microsoft.com/v1.0/users/${id}`) }),
  };
  try {
    return textOf((await ports.destination.post<Raw>('/groups', body, directory(signal)))['id']) ?? '';
  } catch (error) {
    // It may be there all the same, made by us or beside us: the next attempt looks first.
    if (error instanceof GraphRequestError && (error.kind === 'in_doubt' || error.kind === 'conflict' || error.kind === 'bad_request')) throw new UnitError('DEST_MISSING', 'dest', true, { code: error.graphCode, requestId: error.requestId }, { cause: error });
    throw unitErrorOf(error, 'dest');
  }
}

async function ownersOf(groupId: string, { source, people }: UnitPorts, signal: AbortSignal): Promise<string[]> {
  const { value } = await orEndUnit('source', () => source.get<{ value: Raw[] }>(`/groups/${segment(groupId)}/owners`, directory(signal, { query: { $select: 'id' } })));
  const identities = await people.find(value.flatMap((raw) => textOf(raw['id']) ?? []));
  return [...identities.values()].flatMap(({ dest }) => (dest === null || dest.kind !== 'user' ? [] : [dest.microsoftId])).slice(0, ownersMax);
}
