/** What a person sees: a bar per mailbox, drive or site and the latest log lines on a terminal; plain lines elsewhere. */
import type { LogLine } from '@migrator/contracts/api/logs';
import type { z } from 'zod';
import type { jobSchema, unitSchema } from '@migrator/contracts/api/jobs';

type Job = z.infer<typeof jobSchema>;
type Unit = z.infer<typeof unitSchema>;

const logLines = 8;
const colours: Record<LogLine['level'], string> = { INFO: '', OK: '\u001b[32m', WARN: '\u001b[33m', ERROR: '\u001b[31m' };

export interface Screen {
  /** A heading: a step of the demonstration begins. */
  step(text: string): void;
  note(text: string): void;
  log(line: LogLine): void;
  progress(job: Job, units: readonly Unit[]): void;
  /** Leaves the last picture on the screen. */
  settle(): void;
}

export function createScreen(out: NodeJS.WriteStream): Screen {
  return out.isTTY ? terminalScreen(out) : plainScreen(out);
}

/** A site by its path, everything else by its name. */
const nameOf = ({ source }: Pick<Unit, 'source'>): string => (URL.canParse(source) ? decodeURIComponent(new URL(source).pathname) : source);
const share = (unit: Pick<Unit, 'totalItems' | 'doneItems' | 'errorItems' | 'skippedItems'>): number => (unit.totalItems === 0 ? 0 : (unit.doneItems + unit.errorItems + unit.skippedItems) / unit.totalItems);
const total = (job: Job): string => `${job.status.padEnd(7)} ${job.doneItems} done, ${job.errorItems} errors, ${job.skippedItems} skipped of ${job.totalItems}; ${(job.bytesTransferred / 1e6).toFixed(0)} MB${job.draining ? ', draining' : ''}`;

function plainScreen(out: NodeJS.WriteStream): Screen {
  let lastProgress = 0;
  return {
    step: (text) => out.write(`\n== ${text}\n`),
    note: (text) => out.write(`   ${text}\n`),
    log: ({ level, message }) => out.write(`   ${level.padEnd(5)} ${message}\n`),
    progress: (job, units) => {
      if (Date.now() - lastProgress < 2_000) return;
      lastProgress = Date.now();
      out.write(`   ${total(job)}   [${units.map((unit) => (unit.status === 'SKIPPED' ? '-' : unit.status === 'ERROR' ? '!' : share(unit) >= 1 ? '#' : String(Math.floor(share(unit) * 10)))).join('')}]\n`);
    },
    settle: () => undefined,
  };
}

function terminalScreen(out: NodeJS.WriteStream): Screen {
  let drawn = 0;
  let bars: string[] = [];
  let lines: LogLine[] = [];
  const clip = (text: string): string => (text.length > (out.columns || 100) ? text.slice(0, (out.columns || 100) - 1) : text);
  const draw = (): void => {
    const picture = [...bars, '', ...lines.map(({ level, message }) => `${colours[level]}${clip(`  ${level.padEnd(5)} ${message}`)}\u001b[0m`)];
    out.write(`${drawn === 0 ? '' : `\u001b[${drawn}A\u001b[0J`}${picture.join('\n')}\n`);
    drawn = picture.length;
  };
  const settle = (): void => {
    drawn = 0;
    bars = [];
    lines = [];
  };
  return {
    step: (text) => {
      settle();
      out.write(`\n\u001b[1m${text}\u001b[0m\n`);
    },
    note: (text) => {
      settle();
      out.write(`  ${text}\n`);
    },
    log: (line) => {
      lines = [...lines, line].slice(-logLines);
      draw();
    },
    progress: (job, units) => {
      bars = [
        `  ${total(job)}`,
        ...units.map((unit) => {
          const width = 28;
          const full = Math.round(share(unit) * width);
          return clip(`  ${nameOf(unit).padEnd(34)} ${'█'.repeat(full)}${'░'.repeat(width - full)} ${String(unit.doneItems).padStart(5)}/${String(unit.totalItems).padEnd(5)} ${unit.status}${unit.errorItems > 0 ? ` ${unit.errorItems} errors` : ''}`);
        }),
      ];
      draw();
    },
    settle,
  };
}
