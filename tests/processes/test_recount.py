"""`cube recount` and the comparing function against the true `cube up`, while votes flow."""

import json

from core import keys
from local.cli.clients import client_at
from tests.processes.desk import Desk, wait_until

TABLE = "tallies"


def test_a_spoilt_total_is_repaired_while_votes_flow(desk: Desk) -> None:
    desk.up(history=True)
    load = desk.start("load", "--votes", "45000", "--rate", "1500", "--devices", "500", "--json")
    table = client_at("dynamodb", f"http://127.0.0.1:{desk.aws_port}")

    def red() -> int:
        key = {"pk": {"S": keys.poll_pk("cube")}, "sk": {"S": keys.total_sk(0)}}
        item = table.get_item(TableName=TABLE, Key=key, ConsistentRead=True).get("Item", {})
        return int(item.get("c#red", {"N": "0"})["N"])

    wait_until(lambda: red() > 0, "votes are counted")
    table.update_item(
        TableName=TABLE,
        Key={"pk": {"S": keys.poll_pk("cube")}, "sk": {"S": keys.total_sk(0)}},
        UpdateExpression="ADD #red :n",
        ExpressionAttributeNames={"#red": "c#red"},
        ExpressionAttributeValues={":n": {"N": "-17"}},
    )
    done = desk.run("recount", "--from", "2020-01-01", "--apply")
    *differences, summary = map(json.loads, done.stdout.splitlines())
    assert [(each["name"], each["difference"]) for each in differences] == [("red", 17)], done
    assert (done.returncode, summary["added"], summary["open"]) == (0, 1, [])
    assert load.poll() is None, "votes flowed all the time"
    load.communicate(timeout=60)
    desk.check()
    functions = client_at("lambda", f"http://127.0.0.1:{desk.aws_port}")
    answer = functions.invoke(FunctionName="compare", Payload=b"{}")
    assert json.load(answer["Payload"]) == {"minutes_different": 0, "differences": []}
