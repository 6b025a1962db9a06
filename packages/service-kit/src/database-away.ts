/** What an error of PostgreSQL's driver says about the server. */

/** The server restarted, is full of connections, or gave up a transaction for another one: nothing of ours is wrong, and later it works. */
export function isDatabaseAway(error: unknown): boolean {
  for (let each = error, depth = 0; typeof each === 'object' && each !== null && depth < 4; depth += 1) {
    if ('code' in each && typeof each.code === 'string' && /^(CONNECTION_|CONNECT_TIMEOUT|ECONN|EPIPE|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|08|53|57P|40001|40P01|25P0)/.test(each.code)) return true;
    // drizzle wraps what the driver threw.
    each = 'cause' in each ? each.cause : null;
  }
  return false;
}
