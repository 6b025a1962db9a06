-- What an interrupted transfer of a large item left behind for the next one, such as the address of an upload session: sealed, because
-- such an address carries its own permission. A row that nobody comes back for goes after two days; Microsoft has forgotten it by then.
create table worker.unfinished (
  container_no bigint not null,
  item_key uuid not null,
  note bytea not null,
  kept_at timestamptz not null default clock_timestamp(),
  primary key (container_no, item_key)
);
create index unfinished_by_age on worker.unfinished (kept_at);

-- Keeps a note, or forgets it when it is null.
create function worker.keep_note(p_destination bigint, p_unit text, p_claim bigint, p_container bigint, p_key uuid, p_note bytea) returns void language plpgsql volatile as $$
begin
  perform worker.assert_holder(p_destination, p_unit, p_claim);
  if p_note is null then
    delete from worker.unfinished where container_no = p_container and item_key = p_key;
  else
    insert into worker.unfinished as u (container_no, item_key, note) values (p_container, p_key, p_note)
      on conflict (container_no, item_key) do update set note = excluded.note, kept_at = clock_timestamp();
    delete from worker.unfinished where kept_at < clock_timestamp() - interval '2 days';
  end if;
end $$;
