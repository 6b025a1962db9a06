import type { FaultAction } from '../world/faults.js';
import type { Effects } from './call.js';
import { GraphFault, type GraphReply } from './route.js';

/** What became of a request that faults may have hit. `ran` is the handler's own reply when it ran. */
export interface Struck { reply: GraphReply; ran: GraphReply | null; effects: Effects }

/** Status 0 is no answer at all: the writer drops the connection. */
const dropped: GraphReply = { status: 0 };

/** Real milliseconds pass, whatever the simulated clock does. */
export function realDelay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Runs the request under the faults that struck it. `refuse` shapes an error the way the host does. */
export async function strike(
  hits: readonly { action: FaultAction }[],
  run: () => Promise<GraphReply>,
  refuse: (fault: GraphFault) => GraphReply,
): Promise<Struck> {
  for (const { action } of hits) {
    switch (action.kind) {
      case 'delayMs':
        await realDelay(action.ms);
        break;
      case 'status':
        return { reply: refuse(error(action)), ran: null, effects: {} };
      case 'emptyStatus':
        return { reply: { status: action.status, headers: action.headers ?? {} }, ran: null, effects: {} };
      case 'htmlError':
        return { reply: { status: action.status, headers: action.headers ?? {}, contentType: 'text/html', text: htmlPage(action.status) }, ran: null, effects: {} };
      case 'resetBefore':
        return { reply: dropped, ran: null, effects: {} };
      case 'resetAfterWrite':
        return { reply: dropped, ran: await run(), effects: {} };
      case 'statusAfterWrite': {
        const ran = await run();
        return { reply: refuse(error(action)), ran, effects: {} };
      }
      case 'lateAnswer': {
        const ran = await run();
        await realDelay(action.ms);
        return { reply: ran, ran, effects: {} };
      }
      case 'slowBody': {
        const ran = await run();
        return { reply: ran, ran, effects: { bytesPerSecond: action.bytesPerSecond } };
      }
      case 'truncateBody': {
        const ran = await run();
        return { reply: ran, ran, effects: { truncateAt: action.bytes } };
      }
    }
  }
  const ran = await run();
  return { reply: ran, ran, effects: {} };
}

function error(action: { status: number; code: string; message?: string | undefined; headers?: Record<string, string> | undefined }): GraphFault {
  return new GraphFault(action.status, action.code, action.message ?? defaultMessages[action.status] ?? 'The request failed.', { headers: action.headers ?? {} });
}

const defaultMessages: Readonly<Record<number, string>> = {
  429: 'Too many requests.',
  500: 'An internal server error occurred. The operation failed.',
  502: 'Bad gateway.',
  503: 'The service is temporarily unavailable.',
  504: 'The server, while acting as a proxy, did not receive a timely response from the upstream server.',
};

function htmlPage(status: number): string {
  return `<!DOCTYPE html><html><head><title>${String(status)}</title></head><body><h2>Our services aren't available right now</h2><p>Error ${String(status)}</p></body></html>`;
}
