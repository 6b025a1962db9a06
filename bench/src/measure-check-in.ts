/** A hundred thousand machines that check in, each from its own address, through the gateway; one in a hundred has a command waiting. */
import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import type { Measure } from './measure.js';
import { startBenchStack } from './bench-stack.js';
import { figure, percentile } from './figure.js';
import { pour } from './load.js';
import { idOf, settle } from './rows.js';

const perSecond = 2_000;
const wantedMs = 100;

const secretOf = (n: number): string => `secret-of-device-${String(n).padStart(26, '0')}`;

export const measureCheckIn: Measure = async ({ short, progress }) => {
  const devices = short ? 1_000 : 100_000;
  const rate = short ? 500 : perSecond;
  // The load comes through a proxy that says where each machine is.
  const bench = await startBenchStack({ 'api-gateway': { TRUSTED_PROXIES: '127.0.0.1' } });
  try {
    const { sql, stack } = bench;
    progress(`registering ${devices} devices`);
    for (let from = 1; from <= devices; from += 10_000) {
      const numbers = Array.from({ length: Math.min(10_000, devices - from + 1) }, (_each, index) => from + index);
      await sql`
        insert into devices.devices (id, org_id, hostname, domain, ip_address, secret_hash, name_key, created_at)
        select id, ${stack.orgId}, 'PC-' || n, 'contoso.local', '10.0.0.1', decode(hash, 'hex'), 'pc-' || n || E'\n' || 'contoso.local', now()
        from unnest(${numbers.map((n) => idOf('dev', n))}::text[], ${numbers}::int[], ${numbers.map((n) => createHash('sha256').update(secretOf(n)).digest('hex'))}::text[]) as d (id, n, hash)`;
    }
    const commanded = devices / 100;
    await sql`
      insert into devices.commands (id, device_id, type, payload, status, created_by, created_at, updated_at)
      select 'cmd_' || lpad(n::text, 26, '0'), 'dev_' || lpad((n * 100)::text, 26, '0'), 'FULL_MIGRATION', '{"ppkgUrl":"https://files.northwind.example/join.ppkg","destTenantId":"4f3c2c41-5a02-4f0d-9d8f-6a6f0a0a0003"}', 'PENDING', 'bench', now(), now()
      from generate_series(1, ${commanded}::int) n`;
    await settle(sql, ['devices.devices', 'devices.commands']);

    const address = (n: number): string => `10.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`;
    const from = (n: number): Record<string, string> => ({ 'x-forwarded-for': address(n), 'x-forwarded-proto': 'https' });
    const seconds = devices / rate;
    progress('the same rate of calls that do nothing');
    const idle = await pour({ url: stack.gatewayUrl, path: '/healthz', headers: from }, { perSecond: rate, seconds: Math.min(10, seconds), connections: 128 });

    progress(`${rate} check-ins a second for ${seconds} s: every device once`);
    const handed: string[] = [];
    // Devices come in an order of their own, not in that of their rows; 48,271 has no factor in common with their number.
    const deviceOf = (index: number): number => ((index * 48_271) % devices) + 1;
    const [cpuBefore, beganAt] = [process.cpuUsage(), performance.now()];
    const run = await pour(
      {
        url: stack.gatewayUrl,
        method: 'POST',
        path: '/v1/devices/checkin',
        headers: (index) => ({ ...from(deviceOf(index)), 'content-type': 'application/json' }),
        body: (index) => JSON.stringify({ deviceId: idOf('dev', deviceOf(index)), secret: secretOf(deviceOf(index)), agentVersion: '1.4.0' }),
      },
      {
        ...{ perSecond: rate, seconds, connections: 128 },
        onAnswer: (_index, body) => {
          for (const { id } of (JSON.parse(body) as { commands: { id: string }[] }).commands) handed.push(id);
        },
      },
    );
    const { user, system } = process.cpuUsage(cpuBefore);
    // What the machine had in that time; the load comes from the same cores.
    const cpuSeconds = ((performance.now() - beganAt) / 1_000) * availableParallelism();
    const p99 = percentile(run.latencies, 0.99);
    const [seen] = await sql<{ n: number }[]>`select count(*)::int as n from devices.devices where last_seen_at is not null`;
    const once = handed.length === commanded && new Set(handed).size === commanded && seen?.n === devices;
    return [
      figure('checkin.rate', run.perSecond, '1/s', rate, { says: `≥ ${perSecond} a second`, reached: run.perSecond >= perSecond * 0.99 }),
      figure('checkin.p99', p99, 'ms', percentile(idle.latencies, 0.99), { says: `< ${wantedMs} ms`, reached: p99 < wantedMs }),
      figure('checkin.commands-handed-out', handed.length, 'commands', commanded, { says: 'each once', reached: once }),
      figure('checkin.cpu-of-the-load-itself', (user + system) / 1_000_000, 's', cpuSeconds),
    ];
  } finally {
    await bench.down();
  }
};
