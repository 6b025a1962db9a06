-- Who can hold permissions besides the people in discovered_users: groups and guests, found and kept as sites and teams are. Of a group
-- `detail` holds mail and mailNickname, of a guest mail.
alter table tenants.discovered_places
  drop constraint discovered_places_kind_check,
  add constraint discovered_places_kind_check check (kind in ('site', 'team', 'group', 'guest'));
alter table tenants.discovery_place_findings
  drop constraint discovery_place_findings_kind_check,
  add constraint discovery_place_findings_kind_check check (kind in ('site', 'team', 'group', 'guest'));
