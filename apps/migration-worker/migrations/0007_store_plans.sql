-- One plan for every change that is stored. Its statements run over arrays and probe an index for each element: their plans do not
-- depend on what is in the arrays, and planning anew (into 32 partitions) costs more than it can gain.
do $$
begin
  execute (select format('alter function %s set plan_cache_mode = force_generic_plan', oid::regprocedure) from pg_proc where proname = 'store' and pronamespace = 'worker'::regnamespace);
end $$;
