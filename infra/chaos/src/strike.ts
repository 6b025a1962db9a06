/** Strikes the stack as a plan says. */
import { Redis } from 'ioredis';
import postgres from 'postgres';
import { endAll, signal } from '@migrator/stack';
import { carried } from './carried.js';
import type { Strike } from './draw-strikes.js';
import type { Plan } from './plan.js';
import type { Scene } from './scene.js';
import type { Stage } from './stage.js';

const rest = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** How a strike is called in a report. */
export function strikeName(strike: Strike): string {
  switch (strike.how) {
    case 'kill':
      return strike.parts.length > 1 ? 'several killed at once' : `${family(strike.parts[0] ?? '')} killed`;
    case 'drain':
      return 'worker stopped in order';
    case 'freeze':
      return `${family(strike.part)} frozen`;
    case 'flush':
      return 'redis flushed';
    case 'cut':
      return 'connections to postgres ended';
    case 'expire':
      return `${strike.what} expired`;
  }
}

const family = (part: string): string => part.replace(/^migration-(worker)-\d+$/, '$1');

/** Strikes and heals; resolves when the stack is whole again. */
export async function perform(stage: Stage, strike: Strike, { source, destination }: Scene, { carries }: Plan): Promise<void> {
  const { processes } = stage.state();
  switch (strike.how) {
    case 'kill':
    case 'drain': {
      const name = strike.how === 'kill' ? 'SIGKILL' : 'SIGTERM';
      const victims = strike.parts.flatMap((part) => processes[part] ?? []);
      for (const known of victims) signal(known, name);
      await endAll(victims.map((known) => ({ known, politely: name })), 25_000);
      await rest(strike.downMs);
      await stage.heal();
      return;
    }
    case 'freeze': {
      const known = processes[strike.part];
      if (known === undefined) return;
      signal(known, 'SIGSTOP');
      await rest(strike.ms);
      signal(known, 'SIGCONT');
      return;
    }
    case 'flush': {
      const redis = new Redis(stage.stack.redisUrl);
      try {
        await redis.flushall();
      } finally {
        redis.disconnect();
      }
      return;
    }
    case 'cut': {
      const sql = postgres(stage.stack.databaseUrl, { max: 1 });
      try {
        await sql`select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and backend_type = 'client backend'`;
      } finally {
        await sql.end();
      }
      return;
    }
    case 'expire':
      for (const tenant of [source, destination]) for (const type of carries) await carried[type].expire(stage.control, tenant, strike.what);
  }
}
