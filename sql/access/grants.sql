-- Who may do what: an IAM role becomes a member of these by its tag RedshiftDbRoles (infra/template.yaml).
-- `cube deploy` creates the roles and runs this; the local warehouse has one user and no roles.
GRANT USAGE ON SCHEMA public TO ROLE cube_load;
GRANT USAGE ON SCHEMA public TO ROLE cube_compare;
GRANT USAGE ON SCHEMA public TO ROLE cube_query;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO ROLE cube_load;
GRANT SELECT ON votes, parked_votes, duplicate_votes TO ROLE cube_compare;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO ROLE cube_query;
