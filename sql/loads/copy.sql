-- HistoryLoad=scheduled: the new objects of the lake, by a manifest that names them one by one.
COPY incoming
FROM '${manifest}'
IAM_ROLE ${copy_role}
MANIFEST GZIP JSON 'auto' TIMEFORMAT 'epochmillisecs' COMPUPDATE OFF STATUPDATE OFF;
