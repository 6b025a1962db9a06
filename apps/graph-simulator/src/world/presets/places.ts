import { Rng } from '../../exchange/generator/random.js';
import type { DriveSpec, SiteSpec } from '../../files/file-store.js';
import { addGroup } from '../groups.js';
import { stableGuid } from '../ids.js';
import type { SimTenant } from '../tenant.js';
import type { PresetName } from './presets.js';
import { financeContent, intranetContent, projectContent, salesContent } from './site-content.js';

const mib = 1024 ** 2;
const gib = 1024 ** 3;

const demoSites: readonly SiteSpec[] = [
  { name: 'intranet', displayName: 'Contoso intranet', kind: 'communication', ...intranetContent },
  { name: 'finance', displayName: 'Finance', kind: 'team', ...financeContent },
  { name: 'projets-2024', displayName: 'Projets 2024 – Été', kind: 'team', ...projectContent },
  { name: '営業資料', displayName: '営業資料', kind: 'team', ...salesContent },
  // Above 1 TB: preflight warns of sites like this one.
  { name: 'media-archive', displayName: 'Media archive', kind: 'communication', usedBytes: 1_080 * gib, fileCount: 210_000 },
  { name: 'legal-hold', displayName: 'Legal hold', kind: 'team', usedBytes: 2 * gib, fileCount: 350, locked: true },
];
/** Made beforehand by the destination's administrators, empty, and opened by some people; the intranet under a title of their own. */
const preparedSites: readonly SiteSpec[] = demoSites.filter(({ structure }) => structure !== undefined).map(({ name, displayName, kind }) => ({ name, displayName: name === 'intranet' ? 'Fabrikam intranet' : displayName, kind, structure: { people: 5 } }));
const smallSites: readonly SiteSpec[] = demoSites.filter(({ name }) => name === 'intranet' || name === 'finance');

interface TeamSpec { mailNickname: string; displayName: string; description: string; size: number; usedBytes: number }
const demoTeams: readonly TeamSpec[] = [
  { mailNickname: 'engineering', displayName: 'Engineering', description: 'Design, build and release', size: 12, usedBytes: 24 * gib },
  { mailNickname: 'marketing', displayName: 'Marketing', description: 'Campaigns and brand', size: 6, usedBytes: 7 * gib },
  { mailNickname: 'projekt-zukunft', displayName: 'Projekt Zukunft', description: 'Größere Vorhaben', size: 4, usedBytes: 300 * mib },
];
const smallTeams = demoTeams.slice(0, 1);

/** Sites, teams and OneDrives of the preset: numbers follow from the tenant's seed and touch no other stream, so mailboxes stay as they were. */
export function addPlaces(source: SimTenant, destination: SimTenant, preset: PresetName): void {
  const demo = preset === 'demo';
  for (const site of demo ? demoSites : smallSites) source.files.addSite({ ...site }, source.createdDateTime);
  for (const team of demo ? demoTeams : smallTeams) addTeam(source, team);
  const neverOpened = new Set(source.users.filter((each) => each.licensed).flatMap(({ mailNickname }, index) => (index % 5 === 4 ? [mailNickname] : [])));
  addDrives(source, neverOpened, demo ? driveContent : (rng) => ({ usedBytes: 50 * mib + rng.below(40_000) * mib, fileCount: rng.below(5_000) }));
  for (const site of preparedSites) if (demo || site.name === 'intranet') destination.files.addSite({ ...site }, destination.createdDateTime);
  addDrives(destination, neverOpened, () => ({}));
}

function addTeam(tenant: SimTenant, { size, ...team }: TeamSpec): void {
  const people = tenant.users.filter((user) => user.licensed).slice(0, size).map((user) => user.id);
  addGroup(tenant, { id: stableGuid('group', tenant.id, team.mailNickname), ...team, kind: 'unified', team: true, createdDateTime: tenant.createdDateTime, memberIds: people, ownerIds: people.slice(0, 2) });
}

/** An OneDrive for every licensed user but those who never opened it. */
function addDrives(tenant: SimTenant, neverOpened: ReadonlySet<string>, specOf: (rng: Rng, index: number) => DriveSpec): void {
  for (const [index, user] of tenant.users.filter((each) => each.licensed).entries()) {
    if (neverOpened.has(user.mailNickname)) continue;
    tenant.files.provisionDrive(user, specOf(new Rng(`${tenant.seed} drive ${user.mailNickname}`), index), tenant.createdDateTime);
  }
}

/** A little of everything that drives hold: names in every script, empty files and folders, notebooks, shortcuts, infected files, and some files that go in several pieces. */
function driveContent(rng: Rng, index: number): DriveSpec {
  const content = { seed: `drive ${String(rng.next())}`, files: 4 + rng.below(6), folders: 1 + rng.below(3), fanout: 2, bytesMax: 150_000, emptyFolders: rng.below(2), emptyEvery: 9, malwareEvery: index % 6 === 0 ? 7 : 0, notebooks: index % 7 === 0 ? 1 : 0, shortcuts: index % 5 === 0 ? 1 : 0, large: index % 8 === 0 ? [11_000_000] : [] };
  return { content };
}
