"""The module that a function or a container starts with in, the IAM actions of its calls out.

No linter sees a missing grant; it shows on AWS only. So calls are read from the source.
"""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

from infra.gates.drawn import ROOT

# How our code says it -> what IAM calls it. Members of a transaction need the single call's grant.
ACTIONS: Final = {
    "query": "dynamodb:Query",
    "scan": "dynamodb:Scan",
    "get_item": "dynamodb:GetItem",
    "batch_get_item": "dynamodb:BatchGetItem",
    "transact_get_items": "dynamodb:GetItem",
    "put_item": "dynamodb:PutItem",
    "update_item": "dynamodb:UpdateItem",
    "delete_item": "dynamodb:DeleteItem",
    "Put": "dynamodb:PutItem",
    "Update": "dynamodb:UpdateItem",
    "Delete": "dynamodb:DeleteItem",
    "ConditionCheck": "dynamodb:ConditionCheckItem",
    "put_object": "s3:PutObject",
    "get_object": "s3:GetObject",
    "head_object": "s3:GetObject",
    "delete_object": "s3:DeleteObject",
    "list_objects_v2": "s3:ListBucket",
    "put_record": "kinesis:PutRecord",
    "put_records": "kinesis:PutRecords",
    "execute_statement": "redshift-data:ExecuteStatement",
    "batch_execute_statement": "redshift-data:BatchExecuteStatement",
    "describe_statement": "redshift-data:DescribeStatement",
    "get_statement_result": "redshift-data:GetStatementResult",
    "cancel_statement": "redshift-data:CancelStatement",
    "invoke": "lambda:InvokeFunction",
    "send_message": "sqs:SendMessage",
    "publish_message": "sns:Publish",
}


@cache
def actions_of(module: str) -> frozenset[str]:
    """Return what the calls and transaction members in a module, and in what it imports, need."""
    words = set(methods_of(module))
    for path in modules_of(module):
        for node in ast.walk(_tree(path)):
            if isinstance(node, ast.Dict):
                words |= {str(key.value) for key in node.keys if isinstance(key, ast.Constant)}
    return frozenset(ACTIONS[word] for word in words & ACTIONS.keys())


@cache
def methods_of(module: str) -> frozenset[str]:
    """Return the names of the methods that a module, and what it imports, calls."""
    return frozenset(
        node.func.attr
        for path in modules_of(module)
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    )


@cache
def modules_of(module: str) -> frozenset[Path]:
    """Return the files of ours that a module reaches by its imports."""
    found: set[Path] = set()
    waiting = [module]
    while waiting:
        path = _path(waiting.pop())
        if path is not None and path not in found:
            found.add(path)
            waiting += _imports(_tree(path))
    return frozenset(found)


def _imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def _path(module: str) -> Path | None:
    base = ROOT.joinpath(*module.split("."))
    for path in (base.with_suffix(".py"), base / "__init__.py"):
        if path.exists():
            return path
    return None
