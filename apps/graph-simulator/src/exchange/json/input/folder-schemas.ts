import { z } from 'zod';
import { multiValueInput, singleValueInput } from './outlook-schemas.js';

const extended = { singleValueExtendedProperties: z.array(singleValueInput).optional(), multiValueExtendedProperties: z.array(multiValueInput).optional() };

/** A mail folder as requests carry it. */
export const folderInput = z.object({ displayName: z.string().max(255).optional(), isHidden: z.boolean().optional(), ...extended });
export const FOLDER_SERVER_OWNED = ['id', 'parentFolderId', 'childFolderCount', 'unreadItemCount', 'totalItemCount'] as const;

export const contactFolderInput = z.object({ displayName: z.string().max(255).optional(), ...extended });
export const CONTACT_FOLDER_SERVER_OWNED = ['id', 'parentFolderId'] as const;

export const calendarInput = z.object({
  name: z.string().max(255).optional(),
  color: z.enum(['auto', 'lightBlue', 'lightGreen', 'lightOrange', 'lightGray', 'lightYellow', 'lightTeal', 'lightPink', 'lightBrown', 'lightRed', 'maxColor']).nullable().optional(), ...extended,
});
export const CALENDAR_SERVER_OWNED = ['id', 'hexColor', 'isDefaultCalendar', 'changeKey', 'canShare', 'canViewPrivateItems', 'canEdit', 'allowedOnlineMeetingProviders', 'defaultOnlineMeetingProvider', 'isTallyingResponses', 'isRemovable', 'owner'] as const;

export const taskListInput = z.object({ displayName: z.string().max(255).optional() });
export const TASK_LIST_SERVER_OWNED = ['id', 'isOwner', 'isShared', 'wellknownListName'] as const;
