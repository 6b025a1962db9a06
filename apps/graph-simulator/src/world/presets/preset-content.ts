import { demoProfile, smallProfile } from '../../exchange/generator/profile.js';
import type { DirectoryUser, SimTenant } from '../tenant.js';
import type { PresetName } from './presets.js';

/** What mailbox number `index` of a preset's source tenant holds, as the generator's profile. */
export function presetContent(preset: PresetName, tenant: SimTenant, user: DirectoryUser, index: number): unknown {
  const seed = `${tenant.seed} ${user.mailNickname}`;
  return preset === 'demo' ? demoProfile(seed, index, user.kind !== 'user') : smallProfile(seed);
}
