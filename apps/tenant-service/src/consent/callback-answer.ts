/** The answer to the browser that comes back from the consent page: a small page, the dashboard, or JSON for a program. */
import { streamed, type Call } from '@migrator/service-kit/http';
import { renderCallbackPage } from './callback-page.js';
import type { makeCompleteConsent } from './complete-consent.js';
import { readCallback } from './consent-state.js';
import { ConsentFailed, type ConsentFailure } from './verify-tenant.js';

interface Outcome {
  title: string;
  detail: string;
  /** The tenant that is connected now, or why none is. */
  result: { connected: string } | { error: ConsentFailure };
}

/** Nothing is loaded, framed or sent anywhere from the page, and its address, which has the state in it, is told to nobody. */
const pageHeaders = {
  'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
};

/**
 * Ends a consent, whatever the query brings. Browsers are sent to the dashboard when there is one (`dashboardUrl`, ours and never the
 * query's), otherwise they get the page: 200, or 422 with what to do.
 */
export const makeAnswerCallback =
  ({ complete, dashboardUrl }: { complete: ReturnType<typeof makeCompleteConsent>; dashboardUrl: string | null }) =>
  async (call: Call): Promise<typeof streamed> => {
    const { title, detail, result } = await endConsent(call, complete);
    const { response, request, requestId } = call;
    const ok = 'connected' in result;
    response.set({ 'Cache-Control': 'no-store', 'Referrer-Policy': 'no-referrer', Vary: 'Accept' }).status(ok ? 200 : 422);
    if (request.accepts(['html', 'json']) === 'json') response.json(ok ? { connected: true, message: title } : { error: `${title} ${detail}`, code: 'VALIDATION_ERROR', status: 422, requestId });
    else if (dashboardUrl !== null) response.status(303).set('Location', `${dashboardUrl.replace(/\/+$/, '')}/tenants?${new URLSearchParams(result).toString()}`).end();
    else response.set(pageHeaders).type('html').send(renderCallbackPage({ ok, title, detail }));
    return streamed;
  };

async function endConsent(call: Call, complete: ReturnType<typeof makeCompleteConsent>): Promise<Outcome> {
  try {
    const { id, domain, role } = await complete(readCallback(call.query));
    return { title: `${domain} is connected as the ${role}.`, detail: 'You can close this page. The discovery of the tenant has begun.', result: { connected: id } };
  } catch (error) {
    if (!(error instanceof ConsentFailed)) throw error;
    call.log.warn({ err: error, failure: error.failure }, 'a consent was not accepted');
    return { title: error.title, detail: error.remedy, result: { error: error.failure } };
  }
}
