/**
 * Flags of Node.js that a worker runs with, here and in the compose file. Later Node.js lets what was just made take twice as much before
 * it looks, which a worker's 300 MB have no room for. A worker is one thread and a machine has as many of them as it has cores: helpers of
 * each one's garbage collection would take from the others, and do more work than they save.
 */
export const workerNodeFlags: readonly string[] = ['--max-semi-space-size=16', '--single-threaded-gc'];
