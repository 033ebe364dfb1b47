// One vote in through the JavaScript SDK, what it reads back out, as JSON on standard output.
import {
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  PutRecordsCommand,
} from "@aws-sdk/client-kinesis";
import { DynamoDBClient, GetItemCommand, PutItemCommand } from "@aws-sdk/client-dynamodb";

const [stream, table, vote] = process.argv.slice(2);
const kinesis = new KinesisClient({});
const dynamodb = new DynamoDBClient({});

const put = await kinesis.send(
  new PutRecordsCommand({
    StreamName: stream,
    Records: [{ Data: Buffer.from(vote), PartitionKey: "a" }],
  }),
);
const { ShardIterator } = await kinesis.send(
  new GetShardIteratorCommand({
    StreamName: stream,
    ShardId: put.Records[0].ShardId,
    ShardIteratorType: "TRIM_HORIZON",
  }),
);
const read = await kinesis.send(new GetRecordsCommand({ ShardIterator }));

const Item = { pk: { S: "a" }, total: { N: "7" }, raw: { B: Buffer.from([0, 255]) } };
const condition = { ConditionExpression: "attribute_not_exists(pk)" };
await dynamodb.send(new PutItemCommand({ TableName: table, Item, ...condition }));
let refusal = null;
try {
  await dynamodb.send(new PutItemCommand({ TableName: table, Item, ...condition }));
} catch (error) {
  refusal = error.name;
}
const found = await dynamodb.send(
  new GetItemCommand({ TableName: table, Key: { pk: { S: "a" } } }),
);

console.log(
  JSON.stringify({
    failed: put.FailedRecordCount,
    data: Buffer.from(read.Records[0].Data).toString(),
    arrived_ms: read.Records[0].ApproximateArrivalTimestamp.getTime(),
    total: found.Item.total.N,
    raw: [...found.Item.raw.B],
    refusal,
  }),
);
kinesis.destroy();
dynamodb.destroy();
