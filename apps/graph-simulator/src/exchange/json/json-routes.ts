/** Outlook's JSON API as a whole: mail, calendars, contacts, settings and tasks of one mailbox. */
import type { HostRoute, Route } from '../../http/route.js';
import type { World } from '../../world/world.js';
import { uploadHostRoutes } from './attachments/upload-sessions.js';
import { calendarRoutes } from './calendar/calendar-routes.js';
import { eventRoutes } from './calendar/event-routes.js';
import { contactRoutes } from './contacts/contact-routes.js';
import { outlookRoutes } from './core/call.js';
import { mailFolderRoutes } from './mail-folders/folder-routes.js';
import { messageRoutes } from './messages/message-routes.js';
import { translateIdRoutes } from './messages/translate-ids.js';
import { singleSettingRoutes } from './settings/single-settings.js';
import { todoRoutes } from './todo/todo-routes.js';

/** Everything below `/users/{user}` that reads or writes a mailbox through JSON. */
export function exchangeJsonRoutes(world: World): Route[] {
  return outlookRoutes(world, [
    ...mailFolderRoutes(), ...messageRoutes(), ...translateIdRoutes(),
    ...calendarRoutes(), ...eventRoutes(), ...contactRoutes(),
    ...singleSettingRoutes(), ...todoRoutes(),
  ]);
}

/** The upload addresses on outlook.office.com. */
export const exchangeJsonHostRoutes = (world: World): HostRoute[] => uploadHostRoutes(world);
