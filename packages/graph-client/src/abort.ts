/** Hearing of an aborted signal. */

const hearers = new WeakMap<AbortSignal, Set<() => void>>();

/** Calls `hear` when the signal aborts, until what it returns is called. A signal has one listener for all of them: each of one's own takes longer than a small answer's parsing. */
export function whenAborted(signal: AbortSignal, hear: () => void): () => void {
  let all = hearers.get(signal);
  if (all === undefined) {
    const those = new Set<() => void>();
    hearers.set(signal, (all = those));
    signal.addEventListener('abort', () => { for (const each of those) each(); }, { once: true });
  }
  const those = all;
  those.add(hear);
  return () => those.delete(hear);
}
