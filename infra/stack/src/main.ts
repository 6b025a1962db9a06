#!/usr/bin/env node
/** `npm run stack -- up | down | status | logs NAME`. */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { down } from './down.js';
import { checkout } from './service-definitions.js';
import { readState } from './stack-state.js';
import { status, type StackStatus } from './status.js';
import { up } from './up.js';

const help = `Runs the whole platform on this machine.

  npm run stack -- up [--workers N] [--fast]   start everything that is not running (default: 2 workers)
  npm run stack -- status [--json]             what runs, where, and with which key
  npm run stack -- logs NAME                   the log of one program
  npm run stack -- down [--keep-data]          stop everything and remove its data

  --data DIR   data folder (default .stack in the checkout)
  --fast       PostgreSQL without safe writes: for demonstrations
`;

function show(found: StackStatus): string {
  const rows = found.services.map(({ name, pid, url, privateUrl, ready }) => `  ${name.padEnd(20)} ${(ready ? 'ready' : pid === null ? 'not running' : 'not ready').padEnd(12)} ${String(pid ?? '-').padEnd(8)} ${url ?? '-'}   private ${privateUrl ?? '-'}`);
  return [`gateway        ${found.gatewayUrl}`, `simulator      ${found.simulatorUrl}   control ${found.simulatorControlUrl}`, ...found.simulatedTenants.map(({ domain, tenantId }) => `tenant         ${domain}   ${tenantId}`), `organisation   ${found.orgId}`, `API key        ${found.apiKey}`, '', ...rows, '', `Try: curl -H "Authorization: Bearer ${found.apiKey}" ${found.gatewayUrl}/v1/tenants`].join('\n');
}

async function run(argv: string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args: argv, allowPositionals: true, options: { help: { type: 'boolean', short: 'h' }, json: { type: 'boolean' }, data: { type: 'string' }, workers: { type: 'string' }, 'keep-data': { type: 'boolean' }, fast: { type: 'boolean' } } });
  const [action, name] = positionals;
  const dataDir = resolve(values.data ?? join(checkout, '.stack'));
  if (values.help === true || action === undefined) {
    process.stdout.write(help);
    return action === undefined && values.help !== true ? 1 : 0;
  }
  const onProgress = (line: string): void => {
    process.stderr.write(`${line}\n`);
  };
  if (action === 'up') {
    const workers = values.workers === undefined ? undefined : Number(values.workers);
    if (workers !== undefined && !(Number.isInteger(workers) && workers >= 0 && workers <= 64)) throw new Error('--workers takes a number from 0 to 64.');
    await up({ dataDir, onProgress, durable: values.fast !== true, ...(workers === undefined ? {} : { workers }) });
  } else if (action === 'down') {
    await down({ dataDir, onProgress, keepData: values['keep-data'] === true });
    return 0;
  } else if (action === 'logs') {
    const file = name === 'postgres' ? join(readState(dataDir)?.postgresDir ?? dataDir, 'postgres.log') : join(dataDir, name === 'redis' || name === 'nats' ? `${name}/${name}.log` : `logs/${name ?? ''}.log`);
    if (name === undefined || !existsSync(file)) throw new Error(`There is no log of “${name ?? ''}”. Names are those of “status”.`);
    process.stdout.write(readFileSync(file));
    return 0;
  } else if (action !== 'status') throw new Error(`There is no action “${action}”. See --help.`);
  const found = await status(dataDir);
  if (found === null) {
    const begun = readState(dataDir) === null ? 'Nothing is running. Start it: npm run stack -- up' : 'A start is under way or broke off. Go on: npm run stack -- up; or remove it: npm run stack -- down';
    process.stdout.write(values.json === true ? 'null\n' : `${begun}\n`);
    return action === 'status' ? 1 : 0;
  }
  process.stdout.write(values.json === true ? `${JSON.stringify(found)}\n` : `${show(found)}\n`);
  // `up` has seen every part ready; one that is slow to say so again is no failure of it.
  return action === 'up' || found.services.every((service) => service.ready) ? 0 : 1;
}

run(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  },
);
