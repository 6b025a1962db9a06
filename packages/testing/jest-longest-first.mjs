/**
 * Which tests run first. Jest goes by what it remembers and otherwise by the size of the files; a fresh clone remembers nothing, and the
 * files that take longest (a whole platform, real time that has to pass) are small: begun last, one of them runs on alone.
 */
import { statSync } from 'node:fs';

/** The longest kinds first. */
const kinds = [/\/governor\/fleet\.int\.test\.ts$/, /\/(e2e|infra\/chaos|bench)\//, /\.int\.test\.ts$/];
const kindOf = (path) => {
  const found = kinds.findIndex((kind) => kind.test(path));
  return found === -1 ? kinds.length : found;
};

export default class LongestFirst {
  sort(tests) {
    const known = tests.map((test) => ({ test, kind: kindOf(test.path), bytes: statSync(test.path).size }));
    return known.sort((a, b) => a.kind - b.kind || b.bytes - a.bytes).map(({ test }) => test);
  }

  /** Jest asks for the failed ones only with --onlyFailures, and for parts only with --shard: neither is in use here. */
  allFailedTests(tests) {
    return tests;
  }
  shard(tests) {
    return tests;
  }
  cacheResults() {
    // Nothing is remembered: every run is as a fresh clone's.
  }
}
