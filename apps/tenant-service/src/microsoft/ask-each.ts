/** Many small questions of one kind, in batches, a few batches at a time. */
import { GraphRequestError, type Budget, type GraphPort } from '@migrator/graph-client';

/** What one question was answered; the body of anything but 200 is null. */
export interface Answer {
  status: number;
  body: unknown;
}

export interface Question {
  id: string;
  /** Relative to the version: `/users/...`. */
  url: string;
  headers?: Record<string, string>;
}

const batchMax = 20;
/** Batches in flight: with 20 questions each a moderate load for one tenant. */
const parallelMax = 4;

/**
 * Answers by id. A question that meets a transient failure inside its batch is asked again by itself, with all of graph-client's
 * patience; when that is in vain, or Microsoft goes on to throttle, the error is thrown.
 */
export async function askEach(port: GraphPort, questions: readonly Question[], budget: Budget, signal: AbortSignal): Promise<Map<string, Answer>> {
  const answers = new Map<string, Answer>();
  const parts: Question[][] = [];
  for (let at = 0; at < questions.length; at += batchMax) parts.push(questions.slice(at, at + batchMax));
  const workers = Array.from({ length: Math.min(parallelMax, parts.length) }, async () => {
    for (let part = parts.shift(); part !== undefined; part = parts.shift()) {
      const numbered = part.map((question, index) => ({ ...question, method: 'GET' as const, id: String(index) }));
      const answered = await port.batch(numbered, { budget, signal });
      for (const [index, question] of part.entries()) {
        const { status, body } = answered.get(String(index)) ?? { status: 500, body: null };
        answers.set(question.id, status === 200 ? { status, body } : isTransient(status) ? await askAlone(port, question, budget, signal) : { status, body: null });
      }
    }
  });
  try {
    await Promise.all(workers);
  } finally {
    // One that failed ends the others after the batch in hand.
    parts.length = 0;
    await Promise.allSettled(workers);
  }
  return answers;
}

const isTransient = (status: number): boolean => status === 401 || status === 408 || status === 429 || status >= 500;

async function askAlone(port: GraphPort, { url, headers }: Question, budget: Budget, signal: AbortSignal): Promise<Answer> {
  try {
    return { status: 200, body: await port.get<unknown>(url, { budget, signal, ...(headers === undefined ? {} : { headers }) }) };
  } catch (error) {
    if (error instanceof GraphRequestError && ['forbidden', 'not_found', 'bad_request'].includes(error.kind)) return { status: error.status, body: null };
    throw error;
  }
}
