import { readCallback } from './consent-state.js';

const tenant = '11111111-2222-4333-8444-555555555555';
const granted = { admin_consent: 'True', tenant, state: 'tok_x' };

test.each<[string, Record<string, unknown>, unknown]>([
  ['a grant', granted, { kind: 'granted', state: 'tok_x', microsoftTenantId: tenant }],
  ['a grant in other case', { ...granted, admin_consent: 'TRUE', tenant: tenant.toUpperCase() }, { kind: 'granted', state: 'tok_x', microsoftTenantId: tenant }],
  ['an error beside admin_consent=True', { ...granted, error: 'access_denied', error_description: 'AADSTS65004' }, { kind: 'refused', state: 'tok_x', error: 'access_denied' }],
  ['an error without a state', { error: 'consent_required' }, { kind: 'refused', state: null, error: 'consent_required' }],
  ['an error that is no code', { ...granted, error: '<b>x</b>' }, { kind: 'refused', state: 'tok_x', error: 'an error that cannot be shown' }],
  ['an error given twice', { ...granted, error: ['a', 'b'] }, { kind: 'refused', state: 'tok_x', error: 'an error that cannot be shown' }],
  ['a state of absurd length', { ...granted, state: 'x'.repeat(2_001) }, { kind: 'malformed' }],
  ['no state', { admin_consent: 'True', tenant }, { kind: 'malformed' }],
  ['no tenant', { admin_consent: 'True', state: 'tok_x' }, { kind: 'malformed' }],
  ['a tenant that is no GUID', { ...granted, tenant: 'contoso.com' }, { kind: 'malformed' }],
  ['no consent', { tenant, state: 'tok_x' }, { kind: 'malformed' }],
  ['a consent that is not true', { ...granted, admin_consent: 'False' }, { kind: 'malformed' }],
  ['parameters given twice', { ...granted, state: ['a', 'b'] }, { kind: 'malformed' }],
  ['nothing', {}, { kind: 'malformed' }],
])('a callback with %s is read as what it is', (_what, query, expected) => {
  expect(readCallback(query)).toEqual(expected);
});
