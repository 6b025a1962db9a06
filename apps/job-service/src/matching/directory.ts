/** Finds what was discovered in a tenant by any of its names; built once for all jobs of a batch. */
import { fold, type Candidate } from './candidate.js';

/** A name as it is compared: an address of a site is the same with a slash at its end. */
const written = (name: string): string => fold(name).replace(/^(https:\/\/.*[^/])\/+$/, '$1');

export class Directory {
  readonly #byName = new Map<string, Candidate>();
  readonly #byKey = new Map<string, Candidate[]>();

  constructor(
    readonly candidates: readonly Candidate[],
    /** The tenant's domain: of several people with one name before the @, the one in it is meant. */
    readonly domain: string,
  ) {
    for (const candidate of candidates) for (const alias of candidate.aliases) this.#byName.set(written(alias), candidate);
    for (const candidate of candidates) {
      // Set last, so that a UPN wins over another person's mail address.
      this.#byName.set(written(candidate.name), candidate);
      this.#byName.set(fold(candidate.id), candidate);
      const same = this.#byKey.get(candidate.key);
      if (same === undefined) this.#byKey.set(candidate.key, [candidate]);
      else same.push(candidate);
    }
  }

  /** The one with this name, address, URL or id. */
  find(name: string): Candidate | null {
    return this.#byName.get(written(name)) ?? null;
  }

  /** The one that the automatic match means; null when there is none, or no telling which. */
  match(key: string): Candidate | null {
    const same = this.#byKey.get(key) ?? [];
    if (same.length <= 1) return same[0] ?? null;
    const inDomain = same.filter(({ name }) => fold(name).endsWith(`@${fold(this.domain)}`));
    if (inDomain.length === 1) return inDomain[0] ?? null;
    const present = same.filter((candidate) => candidate.present);
    return present.length === 1 ? (present[0] ?? null) : null;
  }
}
