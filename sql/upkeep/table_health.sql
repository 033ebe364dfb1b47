-- How large is each table, and which needs a VACUUM (unsorted) or an ANALYZE (stats_off)?
SELECT "table" AS table_name, tbl_rows, size AS size_mb, unsorted AS unsorted_percent, stats_off
FROM svv_table_info
ORDER BY tbl_rows DESC, table_name;
