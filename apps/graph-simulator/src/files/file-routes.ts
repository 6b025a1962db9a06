import type { Route } from '../http/route.js';
import { driveRoutes } from './drive-routes.js';
import { sharepointSettingsRoutes } from './sharepoint-settings.js';
import { siteRoutes } from './site-routes.js';

/** Everything of SharePoint and OneDrive that is simulated. */
export const fileRoutes = (): Route[] => [...siteRoutes(), ...driveRoutes(), ...sharepointSettingsRoutes()];
