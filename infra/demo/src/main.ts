#!/usr/bin/env node
/** `npm run demo`. */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { checkout, down, status, up } from '@migrator/stack';
import { runDemo } from './demo.js';
import { createScreen } from './screen.js';
import { shownNamed, shownTypes } from './shown.js';
import { succeeded, table } from './summary.js';

const help = `A whole migration between two simulated Microsoft 365 tenants, on this machine.

  npm run demo [-- --exit] [--json] [--only WORKLOAD]

  --exit   take everything down at the end; exit code 0 only if nothing was lost or doubled
  --json   the last line of the output is the summary as one JSON object
  --only   the one workload to show: ${shownTypes.join(', ')}; otherwise all of them, one after the other
`;

const dataDir = join(checkout, '.demo');

async function run(): Promise<number> {
  const { values } = parseArgs({ options: { help: { type: 'boolean', short: 'h' }, exit: { type: 'boolean' }, json: { type: 'boolean' }, only: { type: 'string' } } });
  if (values.help === true) {
    process.stdout.write(help);
    return 0;
  }
  const shown = shownNamed(values.only);
  let interrupted: () => void = () => undefined;
  const interruption = new Promise<'interrupted'>((resolve) => {
    interrupted = () => {
      resolve('interrupted');
    };
  });
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, interrupted);
  const screen = createScreen(process.stdout);
  let keep = false;
  try {
    screen.step('Starting PostgreSQL, Redis, NATS, five services and the simulator');
    await down({ dataDir });
    await up({
      dataDir,
      durable: false,
      onProgress: (line) => {
        screen.note(line);
      },
    });
    const stack = await status(dataDir);
    if (stack === null) throw new Error('The stack did not come up.');
    const outcome = await Promise.race([runDemo(stack, dataDir, screen, shown), interruption]);
    if (outcome === 'interrupted') return 130;
    const { summary, workloads } = outcome;
    const items = workloads.flatMap((each) => each.items);
    const ok = succeeded(summary);
    process.stdout.write(`\n${table(summary, items)}\n\n${ok ? 'Nothing was lost, nothing doubled.' : `NOT as it should be: ${JSON.stringify(Object.fromEntries(workloads.map((each) => [each.shown.type, { ...each.comparison.examples, unexpected: each.unexpected }])), null, 1)}`}\n`);
    if (values.exit !== true) {
      keep = true;
      process.stdout.write(`\nStill running until Ctrl-C:\n  gateway    ${stack.gatewayUrl}\n  simulator  ${stack.simulatorUrl}   control ${stack.simulatorControlUrl}\n  API key    ${stack.apiKey}\n  Try: curl -H "Authorization: Bearer ${stack.apiKey}" ${stack.gatewayUrl}/v1/jobs\n`);
      if (values.json === true) process.stdout.write(`${JSON.stringify(summary)}\n`);
      await interruption;
      keep = false;
      return ok ? 0 : 1;
    }
    await down({ dataDir });
    if (values.json === true) process.stdout.write(`${JSON.stringify(summary)}\n`);
    return ok ? 0 : 1;
  } finally {
    if (!keep) await down({ dataDir });
  }
}

run().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  },
);
