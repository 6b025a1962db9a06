import { rmSync } from 'node:fs';

export default async function tearDown() {
  await globalThis.migratorTestServers?.stop();
  if (globalThis.migratorTestServers) rmSync(globalThis.migratorTestServers.folder, { recursive: true, force: true });
}
