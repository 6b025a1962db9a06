/** What a person sees: a bar per mailbox and the latest log lines on a terminal; plain lines elsewhere. */
import type { LogLine } from '@migrator/contracts/api/logs';
import type { z } from 'zod';
import type { jobSchema, mailboxSchema } from '@migrator/contracts/api/jobs';

type Job = z.infer<typeof jobSchema>;
type Mailbox = z.infer<typeof mailboxSchema>;

const logLines = 8;
const colours: Record<LogLine['level'], string> = { INFO: '', OK: '\u001b[32m', WARN: '\u001b[33m', ERROR: '\u001b[31m' };

export interface Screen {
  /** A heading: a step of the demonstration begins. */
  step(text: string): void;
  note(text: string): void;
  log(line: LogLine): void;
  progress(job: Job, mailboxes: readonly Mailbox[]): void;
  /** Leaves the last picture on the screen. */
  settle(): void;
}

export function createScreen(out: NodeJS.WriteStream): Screen {
  return out.isTTY ? terminalScreen(out) : plainScreen(out);
}

const share = (mailbox: Pick<Mailbox, 'totalItems' | 'doneItems' | 'errorItems' | 'skippedItems'>): number => (mailbox.totalItems === 0 ? 0 : (mailbox.doneItems + mailbox.errorItems + mailbox.skippedItems) / mailbox.totalItems);
const total = (job: Job): string => `${job.status.padEnd(7)} ${job.doneItems} done, ${job.errorItems} errors, ${job.skippedItems} skipped of ${job.totalItems}; ${(job.bytesTransferred / 1e6).toFixed(0)} MB${job.draining ? ', draining' : ''}`;

function plainScreen(out: NodeJS.WriteStream): Screen {
  let lastProgress = 0;
  return {
    step: (text) => out.write(`\n== ${text}\n`),
    note: (text) => out.write(`   ${text}\n`),
    log: ({ level, message }) => out.write(`   ${level.padEnd(5)} ${message}\n`),
    progress: (job, mailboxes) => {
      if (Date.now() - lastProgress < 2_000) return;
      lastProgress = Date.now();
      out.write(`   ${total(job)}   [${mailboxes.map((mailbox) => (mailbox.status === 'SKIPPED' ? '-' : mailbox.status === 'ERROR' ? '!' : share(mailbox) >= 1 ? '#' : String(Math.floor(share(mailbox) * 10)))).join('')}]\n`);
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
    progress: (job, mailboxes) => {
      bars = [
        `  ${total(job)}`,
        ...mailboxes.map((mailbox) => {
          const width = 28;
          const full = Math.round(share(mailbox) * width);
          return clip(`  ${mailbox.email.padEnd(34)} ${'█'.repeat(full)}${'░'.repeat(width - full)} ${String(mailbox.doneItems).padStart(5)}/${String(mailbox.totalItems).padEnd(5)} ${mailbox.status}${mailbox.errorItems > 0 ? ` ${mailbox.errorItems} errors` : ''}`);
        }),
      ];
      draw();
    },
    settle,
  };
}
