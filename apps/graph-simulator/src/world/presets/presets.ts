import type { MailboxMaker } from '../../control/tenant-operations.js';
import { addGroup } from '../groups.js';
import { addPerson, type PersonSpec } from '../people.js';
import type { SimulatedWorld } from '../simulated-world.js';
import type { DirectoryUser, SimTenant } from '../tenant.js';
import { migratorApp } from './migrator-app.js';
import { contosoPeople, smallPeople, withoutCounterpart } from './people.js';
import { addPlaces } from './places.js';

/** Names `--preset` takes. */
export type PresetName = 'demo' | 'small' | 'empty';

/** What a preset needs besides the world: mailboxes, and what a person's mailbox holds. */
export interface PresetParts {
  make: MailboxMaker;
  /** The content of a source mailbox, as the generator's profile. */
  content: (preset: PresetName, tenant: SimTenant, user: DirectoryUser, index: number) => unknown;
  app: { clientId: string; secret: string; redirectUris: readonly string[] };
}

/** Fills an empty world: contoso.com as the source, fabrikam.com as the destination with the same names before the @. No consent is given. */
export function applyPreset(world: SimulatedWorld, name: PresetName, parts: PresetParts): void {
  world.apps.register(migratorApp(parts.app));
  if (name === 'empty') return;
  const people: readonly PersonSpec[] = name === 'demo' ? contosoPeople : smallPeople;
  const source = world.addTenant({ domain: 'contoso.com', displayName: 'Contoso' });
  for (const [index, person] of people.entries()) {
    const user = addPerson(source, person);
    parts.make(source, user, parts.content(name, source, user, index));
  }
  const destination = world.addTenant({ domain: 'fabrikam.com', displayName: 'Fabrikam' });
  for (const person of people) {
    if (person.alias !== withoutCounterpart) parts.make(destination, addPerson(destination, person), 'empty');
  }
  addPerson(destination, { alias: 'admin', displayName: 'Fabrikam Administrator', mailbox: false });
  for (const tenant of [source, destination]) {
    const [owner, ...members] = tenant.users.slice(0, 8).map((user) => user.id);
    const people = { memberIds: members, ownerIds: owner === undefined ? [] : [owner], createdDateTime: tenant.createdDateTime };
    addGroup(tenant, { id: world.ids.guid(), displayName: 'Sales', mailNickname: 'sales', kind: 'unified', ...people });
    addGroup(tenant, { id: world.ids.guid(), displayName: 'All managers', mailNickname: 'managers', kind: 'security', ...people });
  }
  addPlaces(source, destination, name);
}
