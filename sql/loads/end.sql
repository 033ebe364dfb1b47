-- Closes a load: a connection that is used again finds nothing of it.
DROP TABLE repeats;

DROP TABLE candidates;

DROP TABLE stopped;

DROP TABLE judged;

DROP TABLE since;

DROP TABLE incoming;
