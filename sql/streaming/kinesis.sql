-- AWS only: Redshift reads the stream itself, seconds after a vote, beside the loads and without S3.
-- An option, and not the history: it shows records as they came. Nothing is deduplicated or judged by
-- a poll's rules. Records of one vote (an IoT rule, any SDK) are taken apart; what our producers pack,
-- many lines a record, stays in `lines`; KPL aggregates are not unpacked. Loads do all of that.
-- While it refreshes, the workgroup is awake, and paid for. The local warehouse refuses it by name.
--
-- The role may: kinesis:DescribeStreamSummary, GetShardIterator, GetRecords, ListShards on the
-- stream, kinesis:ListStreams. The stream's name is case-sensitive: on AWS it is a generated one.
CREATE EXTERNAL SCHEMA votes_stream FROM KINESIS IAM_ROLE default;

-- One base view a stream; its first refresh reads from the oldest record that the stream still has.
-- JSON is parsed once a record, into SUPER, and never again (E12).
CREATE MATERIALIZED VIEW streamed_records AUTO REFRESH YES AS
SELECT
    approximate_arrival_timestamp AS arrived_at,
    shard_id,
    sequence_number,
    FROM_VARBYTE(kinesis_data, 'utf-8') AS lines,
    CASE WHEN CAN_JSON_PARSE(kinesis_data) THEN JSON_PARSE(kinesis_data) END AS vote
FROM votes_stream."votes";

CREATE VIEW streamed_votes AS
SELECT
    arrived_at,
    sequence_number,
    vote.poll::VARCHAR(64)                                  AS poll,
    vote.device_id::VARCHAR(256)                            AS device_id,
    vote.seq::BIGINT                                        AS seq,
    vote.colour::VARCHAR(256)                               AS colour,
    DATEADD(ms, vote.voted_at::BIGINT, '1970-01-01'::TIMESTAMP) AS voted_at
FROM streamed_records
WHERE vote.device_id IS NOT NULL;
