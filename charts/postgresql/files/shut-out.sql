-- A role that no application has any more. Variable: role.
ALTER ROLE :"role" NOLOGIN;
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = :'role';
