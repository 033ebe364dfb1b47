"""HTTP/2 with prior knowledge, without TLS: the KCL speaks nothing else to Kinesis."""

import json

import h2.config
import h2.connection
import h2.events

from tests.local.wire.plain_http import connect


def test_http2_with_prior_knowledge(endpoint: str) -> None:
    """Two requests at once on one connection, one of them larger than the first window."""
    client = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True))
    bodies: dict[int, bytes] = {}
    statuses: dict[int, int] = {}
    ended: set[int] = set()
    pending: dict[int, bytes] = {}
    with connect(endpoint) as wire:
        client.initiate_connection()
        record = {"Data": "QUJD" * 20_000, "PartitionKey": "a"}
        pending[1] = json.dumps({"StreamName": "votes", "Records": [record]}).encode()
        pending[3] = b"{}"
        for stream, operation in ((1, "PutRecords"), (3, "ListStreams")):
            client.send_headers(
                stream,
                [
                    (":method", "POST"),
                    (":scheme", "http"),
                    (":authority", "127.0.0.1"),
                    (":path", "/"),
                    ("x-amz-target", f"Kinesis_20131202.{operation}"),
                    ("content-type", "application/x-amz-json-1.1"),
                ],
            )
        while len(ended) < 2:
            for stream in list(pending):
                _send_what_fits(client, stream, pending)
            wire.sendall(client.data_to_send())
            received = wire.recv(65_536)
            assert received, "the server closed the connection"
            for event in client.receive_data(received):
                if isinstance(event, h2.events.ResponseReceived):
                    statuses[event.stream_id] = int(dict(event.headers)[b":status"])
                elif isinstance(event, h2.events.DataReceived):
                    bodies[event.stream_id] = bodies.get(event.stream_id, b"") + event.data
                    client.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                elif isinstance(event, h2.events.StreamEnded):
                    ended.add(event.stream_id)
    assert statuses == {1: 200, 3: 200}
    assert json.loads(bodies[1])["FailedRecordCount"] == 0
    assert json.loads(bodies[3])["StreamNames"] == ["votes"]


def _send_what_fits(
    client: h2.connection.H2Connection, stream: int, pending: dict[int, bytes]
) -> None:
    room = min(client.local_flow_control_window(stream), client.max_outbound_frame_size)
    while room > 0 and stream in pending:
        part, rest = pending[stream][:room], pending[stream][room:]
        client.send_data(stream, part, end_stream=not rest)
        if not rest:
            del pending[stream]
            return
        pending[stream] = rest
        room = min(client.local_flow_control_window(stream), client.max_outbound_frame_size)
