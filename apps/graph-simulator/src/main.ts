import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startSimulator, type SimulatorKeys } from './compose.js';
import { help, readConfig, type Config } from './config.js';
import { exchangePart } from './exchange-part.js';
import { profileByName } from './world/limits/limits.js';
import { presetContent } from './world/presets/preset-content.js';
import { applyPreset } from './world/presets/presets.js';

/** The keys of an earlier run; undefined on the first. */
async function readKeys(dataDir: string): Promise<SimulatorKeys | undefined> {
  try {
    return JSON.parse(await readFile(join(dataDir, 'keys.json'), 'utf8')) as SimulatorKeys;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function run(config: Config): Promise<void> {
  if (config.dataDir !== null) await mkdir(config.dataDir, { recursive: true });
  const keys = config.dataDir === null ? undefined : await readKeys(config.dataDir);
  const limits = profileByName(config.limits);
  const sim = await startSimulator({
    exchange: exchangePart,
    seed: config.seed,
    host: config.host,
    port: config.port,
    tlsPort: config.tlsPort,
    controlPort: config.controlPort,
    controlHost: config.controlHost,
    limitTimeScale: config.timeScale,
    tokenSeconds: config.tokenSeconds,
    ...(limits === undefined ? {} : { limits }),
    ...(keys === undefined ? {} : { keys }),
  });
  sim.world.limits.setLatency(config.latency);
  applyPreset(sim.world, config.preset, { make: exchangePart.makeMailbox, content: presetContent, app: config.app });
  if (config.dataDir !== null) await writeFile(join(config.dataDir, 'keys.json'), JSON.stringify(sim.keys), { mode: 0o600 });
  const caFile = config.caFile ?? (config.dataDir === null ? null : join(config.dataDir, 'ca.pem'));
  if (caFile !== null && sim.caCert !== null) await writeFile(caFile, sim.caCert);
  console.log(JSON.stringify({
    ready: true,
    http: `http://${config.host}:${String(sim.port)}`,
    https: sim.tlsPort === null ? null : `https://${config.host}:${String(sim.tlsPort)}`,
    control: `http://${config.controlHost}:${String(sim.controlPort)}`,
    caFile,
    clientId: config.app.clientId,
    tenants: [...sim.world.tenants.values()].map((t) => ({ id: t.id, domain: t.domain, users: t.users.length })),
  }));
  const signal = new Promise<void>((resolve) => {
    for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => { resolve(); });
  });
  await Promise.race([signal, sim.stopped]);
  await sim.close();
}

async function main(): Promise<void> {
  let config: Config | null;
  try {
    config = readConfig(process.argv.slice(2), process.env);
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 2;
    return;
  }
  if (config === null) {
    console.log(help);
    return;
  }
  await run(config);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
