/**
 * Flags of Node.js that a worker runs with, here and in the compose file: its memory is to stay flat and below 300 MB, on every Node.js
 * that is supported. What was just made may take 16 MB before it is looked at (later Node.js takes twice as much), and a heap of tens of
 * megabytes may grow by six tenths before it is collected (V8 lets it grow by several times). A worker is one thread and a machine has as
 * many of them as it has cores: helpers of each one's garbage collection would take from the others, and do more work than they save.
 */
export const workerNodeFlags: readonly string[] = ['--max-semi-space-size=16', '--heap-growing-percent=60', '--single-threaded-gc'];
