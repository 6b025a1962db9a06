/** The simulator's control interface: the demonstration uses it for what only an onlooker could do (counting, comparing, changing the source). */
export interface ControlClient {
  call<T>(method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown): Promise<T>;
}

export const createControlClient = (url: string): ControlClient => ({
  call: async <T>(method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown): Promise<T> => {
    const response = await fetch(new URL(path, url), { method, ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }), signal: AbortSignal.timeout(300_000) });
    const text = await response.text();
    if (!response.ok) throw new Error(`The simulator answered ${response.status} to ${method} ${path}: ${text}`);
    return JSON.parse(text) as T;
  },
});

/** What `POST /compare` tells (the simulator's README documents it). */
export interface Comparison {
  items: { expected: number; matched: number; missing: number; extra: number; doubled: number; differs: number; refused: number; kept: number; keptMoved: number };
  folders: { expected: number; missing: number; extra: number; differs: number };
  settings: { expected: number; matched: number; missing: number; differs: number };
  outboundMail: number;
  bytes: number;
  examples: Record<string, unknown[]>;
  equal: boolean;
}
