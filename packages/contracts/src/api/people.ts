/** People, their roles and sessions, and the organisation they belong to. */
import { z } from 'zod';
import { idSchema } from '../ids.js';
import { cleanText, nullableTime, pageFields, timeSchema } from './common.js';
import type { ApiKeyScope } from './keys.js';

export const roles = ['owner', 'admin', 'operator', 'viewer'] as const;
export type Role = (typeof roles)[number];
export const roleSchema = z.enum(roles);
/** What a role may do, in the terms of API keys. Only owners may make, change or remove owners. */
export const scopesOfRole = { owner: ['read', 'write', 'admin'], admin: ['read', 'write', 'admin'], operator: ['read', 'write'], viewer: ['read'] } as const satisfies Record<Role, readonly ApiKeyScope[]>;

export const emailAddressSchema = z
  .string()
  .trim()
  .max(254)
  .pipe(z.email('must be an email address'))
  .transform((address) => address.toLowerCase());
/** Length is what counts; 128 keeps hashing cheap. */
export const passwordSchema = z
  .string()
  .min(12, 'must have at least 12 characters')
  .max(128, 'must have at most 128 characters')
  .refine((text) => text.isWellFormed(), 'must be well-formed Unicode');
/** A bearer token of a link in a message (invitation, password reset). */
const linkToken = z.string().min(16).max(256);
const personName = cleanText(120);

export const plans = ['starter', 'pro', 'enterprise'] as const;
export const organisationSchema = z
  .object({ id: idSchema('org'), name: z.string(), plan: z.enum(plans), rateLimitPerMinute: z.number().int(), createdAt: timeSchema })
  .meta({ id: 'Organisation', description: 'The account of the people who run migrations.' });
export const organisationAnswer = z.object({ organisation: organisationSchema });
export const changeOrganisationBody = z.strictObject({ name: cleanText(200) });

export const userSchema = z.object({ id: idSchema('usr'), email: z.string(), name: z.string(), role: roleSchema }).meta({ id: 'User', description: 'A person of an organisation.' });
export const sessionAnswer = z.object({ user: userSchema, organisation: organisationSchema, expiresAt: timeSchema });

export const signUpBody = z.strictObject({ organisationName: cleanText(200), name: personName, email: emailAddressSchema, password: passwordSchema });
export const signInBody = z.strictObject({ email: emailAddressSchema, password: z.string().min(1).max(1_000) });
export const signOutAnswer = z.object({ signedOut: z.literal(true) });
export const forgotPasswordBody = z.strictObject({ email: emailAddressSchema });
/** The same whether or not somebody has that address. */
export const forgotPasswordAnswer = z.object({ accepted: z.literal(true) });
export const resetPasswordBody = z.strictObject({ token: linkToken, password: passwordSchema });
export const changePasswordBody = z.strictObject({ currentPassword: z.string().min(1).max(1_000), newPassword: passwordSchema });
/** Every other session of the person has ended. */
export const passwordChangedAnswer = z.object({ changed: z.literal(true) });

export const memberSchema = z.object({ id: idSchema('usr'), email: z.string(), name: z.string(), role: roleSchema, createdAt: timeSchema, lastSeenAt: nullableTime }).meta({ id: 'Member', description: 'A person of the organisation and what they may do.' });
export const listMembersAnswer = z.object({ members: z.array(memberSchema), ...pageFields });
export const changeMemberBody = z.strictObject({ role: roleSchema });
export const memberAnswer = z.object({ member: memberSchema });

export const invitationSchema = z.object({ id: idSchema('inv'), email: z.string(), role: roleSchema, createdAt: timeSchema, expiresAt: timeSchema, invitedBy: z.string() }).meta({ id: 'Invitation', description: 'An invitation that waits to be accepted.' });
export const createInvitationBody = z.strictObject({ email: emailAddressSchema, role: roleSchema });
/** `acceptUrl` is shown once, for those who hand it over themselves; it is also sent by mail when mail is set up. */
export const createInvitationAnswer = z.object({ invitation: invitationSchema, acceptUrl: z.string() });
export const listInvitationsAnswer = z.object({ invitations: z.array(invitationSchema), ...pageFields });
export const acceptInvitationBody = z.strictObject({ token: linkToken, name: personName, password: passwordSchema });
/** POST, so that the token stands in no log. */
export const readInvitationBody = z.strictObject({ token: linkToken });
export const readInvitationAnswer = z.object({ organisationName: z.string(), email: z.string(), role: roleSchema, expiresAt: timeSchema });
