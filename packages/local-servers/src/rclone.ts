/** rclone, the peer that copies of files are measured against: from PATH when it is new enough, otherwise Debian's newest package. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { unpackedPackages } from './distribution-packages.js';
import { findOnPath } from './on-path.js';

const run = promisify(execFile);
/** Older ones have no `client_credentials`, or send their token to upload addresses, which Microsoft refuses. */
const leastMinor = 75;

/** The program. Throws one line that says what to install when there is none and none can be had. */
export async function rcloneProgram(): Promise<string> {
  const onPath = findOnPath('rclone');
  if (onPath !== null && (await isNewEnough(onPath))) return onPath;
  const install = `Install rclone 1.${leastMinor} or later (https://rclone.org/install).`;
  try {
    const unpacked = join(await unpackedPackages({ folder: 'rclone', says: 'rclone from Debian’s newest packages (about 33 MB, once)', packages: ['rclone'], suite: 'sid' }), 'usr/bin/rclone');
    if (await isNewEnough(unpacked)) return unpacked;
    throw new Error('Debian’s newest package is too old');
  } catch (cause) {
    throw new Error(`There is no rclone on this machine that can be measured against, and ${cause instanceof Error ? cause.message : String(cause)}. ${install}`, { cause });
  }
}

async function isNewEnough(program: string): Promise<boolean> {
  const { stdout } = await run(program, ['version']);
  const [, major = '0', minor = '0'] = /^rclone v(\d+)\.(\d+)/.exec(stdout) ?? [];
  return Number(major) > 1 || (Number(major) === 1 && Number(minor) >= leastMinor);
}
