/** Calls on people, keys, the organisation and the audit log: the gateway's own. */
import { apiKeyAnswer, createApiKeyAnswer, createApiKeyBody, listApiKeysAnswer } from '../api/keys.js';
import { listAuditAnswer, listAuditQuery } from '../api/audit.js';
import { deletedSchema, pageQuery } from '../api/common.js';
import {
  acceptInvitationBody, changeMemberBody, changeOrganisationBody, changePasswordBody, createInvitationAnswer, createInvitationBody, forgotPasswordAnswer, forgotPasswordBody, listInvitationsAnswer, listMembersAnswer, memberAnswer, organisationAnswer,
  passwordChangedAnswer, readInvitationAnswer, readInvitationBody, resetPasswordBody, sessionAnswer, signInBody, signOutAnswer, signUpBody,
} from '../api/people.js';
import { defineEndpoint } from '../endpoint.js';
import { exampleIds, exampleInvitation, exampleKey, exampleMember, exampleOrganisation, exampleSession, exampleTime } from '../examples.js';

const owner = 'api-gateway';
const anybody = { owner, tag: 'People', access: 'public' } as const;
const person = { owner, tag: 'People', access: 'person' } as const;
const read = { owner, access: 'organisation', scope: 'read' } as const;
const admin = { owner, access: 'organisation', scope: 'admin' } as const;
const page = pageQuery(20, 100);
const onePage = { nextCursor: null, hasMore: false };
const password = 'correct horse battery staple';
const token = 'QmFzZTY0dXJsIG9mIDMyIGJ5dGVz';
const member = { id: { prefix: 'usr', notFound: 'NOT_FOUND' } } as const;

export const peopleEndpoints = {
  signUp: defineEndpoint({
    ...{ id: 'signUp', method: 'POST', path: '/v1/auth/sign-up', status: 201 }, ...anybody,
    summary: 'Create an organisation and its first owner', description: 'Sets the session cookie. Refused with 403 where sign-up is closed.', body: signUpBody, answer: sessionAnswer, errors: ['CONFLICT', 'FORBIDDEN'],
    examples: { body: { organisationName: exampleOrganisation.name, name: exampleMember.name, email: exampleMember.email, password }, answer: exampleSession },
  }),
  signIn: defineEndpoint({
    ...{ id: 'signIn', method: 'POST', path: '/v1/auth/sign-in', status: 200 }, ...anybody,
    summary: 'Sign in', description: 'Sets the session cookie. A wrong address and a wrong password are answered alike.', body: signInBody, answer: sessionAnswer, errors: ['UNAUTHORIZED'],
    examples: { body: { email: exampleMember.email, password }, answer: exampleSession },
  }),
  signOut: defineEndpoint({ ...{ id: 'signOut', method: 'POST', path: '/v1/auth/sign-out', status: 200 }, ...person, summary: 'Sign out', answer: signOutAnswer, examples: { answer: { signedOut: true } } }),
  getSession: defineEndpoint({ ...{ id: 'getSession', method: 'GET', path: '/v1/auth/session', status: 200 }, ...person, summary: 'Who is signed in', description: 'Moves the end of the session on and renews its cookie.', answer: sessionAnswer, examples: { answer: exampleSession } }),
  forgotPassword: defineEndpoint({
    ...{ id: 'forgotPassword', method: 'POST', path: '/v1/auth/password/forgot', status: 202 }, ...anybody,
    summary: 'Ask for a link to set a new password', description: 'Answers alike whether or not somebody has that address.', body: forgotPasswordBody, answer: forgotPasswordAnswer, examples: { body: { email: exampleMember.email }, answer: { accepted: true } },
  }),
  resetPassword: defineEndpoint({
    ...{ id: 'resetPassword', method: 'POST', path: '/v1/auth/password/reset', status: 200 }, ...anybody,
    summary: 'Set a new password by the link', description: 'Ends every session of the person.', body: resetPasswordBody, answer: passwordChangedAnswer, examples: { body: { token, password }, answer: { changed: true } },
  }),
  changePassword: defineEndpoint({
    ...{ id: 'changePassword', method: 'POST', path: '/v1/auth/password/change', status: 200 }, ...person,
    summary: 'Change one’s own password', description: 'Ends every session of the person and sets the cookie of a new one.', body: changePasswordBody, answer: passwordChangedAnswer, audit: { action: 'person.password_changed', target: null },
    examples: { body: { currentPassword: password, newPassword: `${password} again` }, answer: { changed: true } },
  }),
  readInvitation: defineEndpoint({
    ...{ id: 'readInvitation', method: 'POST', path: '/v1/auth/invitations/read', status: 200 }, ...anybody,
    summary: 'What an invitation is for', body: readInvitationBody, answer: readInvitationAnswer, errors: ['NOT_FOUND'],
    examples: { body: { token }, answer: { organisationName: exampleOrganisation.name, email: exampleInvitation.email, role: 'operator', expiresAt: exampleInvitation.expiresAt } },
  }),
  acceptInvitation: defineEndpoint({
    ...{ id: 'acceptInvitation', method: 'POST', path: '/v1/auth/invitations/accept', status: 201 }, ...anybody,
    summary: 'Accept an invitation', description: 'Sets the session cookie.', body: acceptInvitationBody, answer: sessionAnswer, errors: ['NOT_FOUND', 'CONFLICT'],
    examples: { body: { token, name: 'Linus', password }, answer: { ...exampleSession, user: { ...exampleSession.user, role: 'operator' } } },
  }),
  listMembers: defineEndpoint({ ...{ id: 'listMembers', method: 'GET', path: '/v1/members', tag: 'People', status: 200 }, ...read, summary: 'People of the organisation', query: page, answer: listMembersAnswer, examples: { answer: { members: [exampleMember], ...onePage } } }),
  changeMember: defineEndpoint({
    ...{ id: 'changeMember', method: 'PATCH', path: '/v1/members/:id', tag: 'People', status: 200 }, ...admin,
    summary: 'Change a person’s role', description: 'Only owners make or change owners; the last owner stays one.', params: member, body: changeMemberBody, answer: memberAnswer, errors: ['CONFLICT'], audit: { action: 'member.role_changed', target: { param: 'id' } },
    examples: { body: { role: 'admin' }, answer: { member: { ...exampleMember, role: 'admin' } } },
  }),
  removeMember: defineEndpoint({
    ...{ id: 'removeMember', method: 'DELETE', path: '/v1/members/:id', tag: 'People', status: 200 }, ...admin,
    summary: 'Remove a person', description: 'Ends their sessions at once. API keys they made go on.', params: member, answer: deletedSchema, errors: ['CONFLICT'], audit: { action: 'member.removed', target: { param: 'id' } }, examples: { answer: { deleted: true } },
  }),
  listInvitations: defineEndpoint({ ...{ id: 'listInvitations', method: 'GET', path: '/v1/members/invitations', tag: 'People', status: 200 }, ...read, summary: 'Invitations that wait', query: page, answer: listInvitationsAnswer, examples: { answer: { invitations: [exampleInvitation], ...onePage } } }),
  createInvitation: defineEndpoint({
    ...{ id: 'createInvitation', method: 'POST', path: '/v1/members/invitations', tag: 'People', status: 201, idempotent: true }, ...admin,
    summary: 'Invite a person', description: 'Valid for 7 days. Inviting the same address again replaces the earlier invitation.', body: createInvitationBody, answer: createInvitationAnswer, errors: ['CONFLICT'], audit: { action: 'member.invited', target: { answer: 'invitation.id' } },
    examples: { body: { email: exampleInvitation.email, role: 'operator' }, answer: { invitation: exampleInvitation, acceptUrl: `https://migrator.example/invitations#${token}` } },
  }),
  deleteInvitation: defineEndpoint({
    ...{ id: 'deleteInvitation', method: 'DELETE', path: '/v1/members/invitations/:id', tag: 'People', status: 200 }, ...admin,
    summary: 'Take an invitation back', params: { id: { prefix: 'inv', notFound: 'NOT_FOUND' } }, answer: deletedSchema, audit: { action: 'member.invitation_deleted', target: { param: 'id' } }, examples: { answer: { deleted: true } },
  }),
  getOrganisation: defineEndpoint({ ...{ id: 'getOrganisation', method: 'GET', path: '/v1/organisation', tag: 'Organisation', status: 200 }, ...read, summary: 'The organisation', answer: organisationAnswer, examples: { answer: { organisation: exampleOrganisation } } }),
  changeOrganisation: defineEndpoint({
    ...{ id: 'changeOrganisation', method: 'PATCH', path: '/v1/organisation', tag: 'Organisation', status: 200 }, ...admin,
    summary: 'Rename the organisation', body: changeOrganisationBody, answer: organisationAnswer, audit: { action: 'organisation.changed', target: { answer: 'organisation.id' } }, examples: { body: { name: exampleOrganisation.name }, answer: { organisation: exampleOrganisation } },
  }),
  listApiKeys: defineEndpoint({ ...{ id: 'listApiKeys', method: 'GET', path: '/v1/api-keys', tag: 'API keys', status: 200 }, ...admin, summary: 'API keys, newest first', query: page, answer: listApiKeysAnswer, examples: { answer: { apiKeys: [exampleKey], ...onePage } } }),
  createApiKey: defineEndpoint({
    ...{ id: 'createApiKey', method: 'POST', path: '/v1/api-keys', tag: 'API keys', status: 201, idempotent: true }, ...admin,
    summary: 'Make an API key', description: '`key` is shown once. A key cannot have more scopes than the one who makes it.', body: createApiKeyBody, answer: createApiKeyAnswer, audit: { action: 'api_key.created', target: { answer: 'apiKey.id' } },
    examples: { body: { name: exampleKey.name, scopes: ['read'] }, answer: { apiKey: exampleKey, key: 'tmk_live_0123456789abcdefghijABCDEFGHIJx7Qd' } },
  }),
  revokeApiKey: defineEndpoint({
    ...{ id: 'revokeApiKey', method: 'DELETE', path: '/v1/api-keys/:id', tag: 'API keys', status: 200 }, ...admin,
    summary: 'Revoke an API key', description: 'It is refused from then on, on every instance.', params: { id: { prefix: 'key', notFound: 'NOT_FOUND' } }, answer: apiKeyAnswer, audit: { action: 'api_key.revoked', target: { param: 'id' } }, examples: { answer: { apiKey: { ...exampleKey, revokedAt: exampleTime } } },
  }),
  listAudit: defineEndpoint({
    ...{ id: 'listAudit', method: 'GET', path: '/v1/audit', tag: 'Audit', status: 200 }, ...admin,
    summary: 'Every change, newest first', query: listAuditQuery, answer: listAuditAnswer,
    examples: { answer: { entries: [{ id: exampleIds.aud, at: exampleTime, actor: `user:${exampleIds.usr}`, actorName: exampleMember.email, action: 'job.created', target: exampleIds.job, address: '203.0.113.7', requestId: 'req_5f0c2c41', outcome: 'done' }], ...onePage } },
  }),
} as const;
