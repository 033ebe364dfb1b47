"""The grammar of DynamoDB's expressions in, a text's syntax tree of `Node`s out."""

from collections.abc import Sequence
from typing import Any, Final, Literal, TypeAlias

from lark import Lark, Transformer, v_args
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from local.dynamodb.refusal import invalid_expression
from local.dynamodb.syntax import Action, Node, Operation, PathNode, ValueNode

Kind: TypeAlias = Literal[
    "ConditionExpression",
    "FilterExpression",
    "KeyConditionExpression",
    "ProjectionExpression",
    "UpdateExpression",
]

_GRAMMAR: Final = r"""
condition: _disjunction
_disjunction: conjunction | disjunction
disjunction: conjunction (_OR conjunction)+
?conjunction: negation (_AND negation)*
?negation: _NOT negation -> inversion
         | _predicate
_predicate: comparison | between | membership | call | parenthesis
comparison: _operand (EQUALS | COMPARATOR) _operand
between: _operand _BETWEEN _operand _AND _operand
membership: _operand _IN "(" _operand ("," _operand)* ")"
parenthesis: "(" _disjunction ")"

projection: path ("," path)*

update: _section+
_section: set | remove | add | delete
set: _SET assignment ("," assignment)*
remove: _REMOVE path ("," path)*
add: _ADD pair ("," pair)*
delete: _DELETE pair ("," pair)*
assignment: path EQUALS _sum
pair: path value
_sum: _operand | sum | "(" _sum ")"
sum: _operand SIGN _operand

_operand: path | value | call
call: NAME "(" [_operand ("," _operand)*] ")"
value: VALUE
path: _name _step*
_step: "." _name | position
position: "[" INDEX "]"
_name: NAME | PLACEHOLDER

_OR.2: /OR(?![A-Za-z0-9_])/i
_AND.2: /AND(?![A-Za-z0-9_])/i
_NOT.2: /NOT(?![A-Za-z0-9_])/i
_IN.2: /IN(?![A-Za-z0-9_])/i
_BETWEEN.2: /BETWEEN(?![A-Za-z0-9_])/i
_SET.2: /SET(?![A-Za-z0-9_])/i
_REMOVE.2: /REMOVE(?![A-Za-z0-9_])/i
_ADD.2: /ADD(?![A-Za-z0-9_])/i
_DELETE.2: /DELETE(?![A-Za-z0-9_])/i
EQUALS: "="
COMPARATOR: /<>|<=|>=|<|>/
SIGN: /[+-]/
NAME: /[A-Za-z_][A-Za-z0-9_]*/
PLACEHOLDER: /#[A-Za-z0-9_]+/
VALUE: /:[A-Za-z0-9_]+/
INDEX: /[0-9]{1,9}/
%ignore /[ \t\r\n\f]+/
"""


class _RedundantParentheses(Exception):
    """Two pairs of parentheses around one condition."""


@v_args(inline=True)
class _Syntax(Transformer[Any, Any]):
    """Turns each rule's children into a Node as the parser reduces it."""

    def condition(self, node: Node) -> Node:
        return node

    def disjunction(self, *operands: Node) -> Node:
        return Operation("OR", operands)

    def conjunction(self, *operands: Node) -> Node:
        return Operation("AND", operands)

    def inversion(self, operand: Node) -> Node:
        return Operation("NOT", (operand,))

    def parenthesis(self, inner: Node) -> Node:
        if isinstance(inner, Operation) and inner.operator == "()":
            raise _RedundantParentheses
        return Operation("()", (inner,))

    def comparison(self, left: Node, comparator: str, right: Node) -> Node:
        return Operation(str(comparator), (left, right))

    def between(self, *operands: Node) -> Node:
        return Operation("BETWEEN", operands)

    def membership(self, *operands: Node) -> Node:
        return Operation("IN", operands)

    def sum(self, left: Node, sign: str, right: Node) -> Node:
        return Operation(str(sign), (left, right))

    def call(self, name: str, *arguments: Node | None) -> Node:
        given = tuple(argument for argument in arguments if argument is not None)
        return Operation(str(name), given, is_call=True)

    def value(self, placeholder: str) -> Node:
        return ValueNode(str(placeholder))

    def position(self, index: str) -> int:
        return int(index)

    def path(self, *parts: str | int) -> Node:
        return PathNode(tuple(part if isinstance(part, int) else str(part) for part in parts))

    def projection(self, *paths: Node) -> tuple[Node, ...]:
        return paths

    def assignment(self, path: PathNode, _equals: str, operand: Node) -> tuple[PathNode, Node]:
        return path, operand

    def pair(self, path: PathNode, operand: Node) -> tuple[PathNode, Node]:
        return path, operand

    def set(self, *pairs: tuple[PathNode, Node]) -> tuple[Action, ...]:
        return tuple(Action("SET", path, operand) for path, operand in pairs)

    def remove(self, *paths: PathNode) -> tuple[Action, ...]:
        return tuple(Action("REMOVE", path, None) for path in paths)

    def add(self, *pairs: tuple[PathNode, Node]) -> tuple[Action, ...]:
        return tuple(Action("ADD", path, operand) for path, operand in pairs)

    def delete(self, *pairs: tuple[PathNode, Node]) -> tuple[Action, ...]:
        return tuple(Action("DELETE", path, operand) for path, operand in pairs)

    def update(self, *sections: tuple[Action, ...]) -> tuple[Action, ...]:
        opened = [actions[0].section for actions in sections]
        for section in opened:
            if opened.count(section) > 1:
                raise invalid_expression(
                    "UpdateExpression",
                    f'The "{section}" section can only be used once in an update expression;',
                )
        return tuple(action for section in sections for action in section)


_PARSER: Final = Lark(
    _GRAMMAR,
    parser="lalr",
    start=["condition", "projection", "update"],
    transformer=_Syntax(),
    maybe_placeholders=True,
)
_STARTS: Final[dict[Kind, str]] = {
    "ProjectionExpression": "projection",
    "UpdateExpression": "update",
}


def read(kind: Kind, text: str) -> Sequence[Node | Action]:
    """Return the expression's nodes: one condition, or a projection's paths, or update actions.

    Raises AwsError ValidationException for a text that is no such expression.
    """
    try:
        tree: Any = _PARSER.parse(text, start=_STARTS.get(kind, "condition"))
    except UnexpectedInput as error:
        raise invalid_expression(kind, _syntax_error(text, error)) from None
    except _RedundantParentheses:
        raise invalid_expression(kind, "The expression has redundant parentheses;") from None
    return tree if isinstance(tree, tuple) else (tree,)


def _syntax_error(text: str, error: UnexpectedInput) -> str:
    at = error.pos_in_stream if error.pos_in_stream is not None else len(text)
    if isinstance(error, UnexpectedToken) and error.token.type == "$END":
        token, at = "<EOF>", len(text)
    elif isinstance(error, UnexpectedCharacters) or not isinstance(error, UnexpectedToken):
        token = text[at : at + 1]
    else:
        token = str(error.token)
    near = text[max(0, at - 12) : at + 12]
    return f'Syntax error; token: "{token}", near: "{near}"'
