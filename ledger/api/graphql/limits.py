"""Bounds of a document, checked before it is validated: depth, and fields with fragments spread and aliases counted."""

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)

from ledger.api.errors import Problem

Size = tuple[int, int]
"""(depth, fields)."""
_NOTHING: Size = (0, 0)
FRAGMENTS_MAX = 20
OPERATIONS_MAX = 5


def check_limits(document: DocumentNode, depth_max: int, fields_max: int, *, introspection: bool) -> None:
    """Raises `Problem`: `query_too_deep`, `query_too_large` or `introspection_disabled`.

    What introspection asks for is not counted where it is allowed: it reads the schema alone.
    """
    fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
    operations = len(document.definitions) - len(fragments)
    if len(fragments) > FRAGMENTS_MAX or operations > OPERATIONS_MAX:
        # Validation compares definitions with each other: its time grows with the square of their number.
        raise Problem("query_too_large", facts={"fragmentsMax": FRAGMENTS_MAX, "operationsMax": OPERATIONS_MAX})
    measure = _Measure(fragments, introspection=introspection)
    total = 0
    for node in document.definitions:
        if not isinstance(node, OperationDefinitionNode | FragmentDefinitionNode) or _is_of_the_schema(node):
            continue
        depth, fields = measure.of(node.selection_set, frozenset())
        if depth > depth_max:
            raise Problem("query_too_deep", facts={"depthMax": depth_max})
        total += fields
        if total > fields_max:
            raise Problem("query_too_large", facts={"fieldsMax": fields_max})


def _is_of_the_schema(node: OperationDefinitionNode | FragmentDefinitionNode) -> bool:
    """A fragment on a type such as `__Type`, as in the query that every client's tools ask first."""
    return isinstance(node, FragmentDefinitionNode) and node.type_condition.name.value.startswith("__")


def root_fields(document: DocumentNode) -> int:
    """How many things a valid document asks for or does: the fields at the root of its largest operation."""
    fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}

    def of(selections: SelectionSetNode) -> int:
        total = 0
        for node in selections.selections:
            if isinstance(node, FieldNode):
                total += 1
            elif isinstance(node, InlineFragmentNode):
                total += of(node.selection_set)
            elif isinstance(node, FragmentSpreadNode):
                total += of(fragments[node.name.value].selection_set)
        return total

    operations = (node for node in document.definitions if isinstance(node, OperationDefinitionNode))
    return max((of(node.selection_set) for node in operations), default=1)


class _Measure:
    def __init__(self, fragments: dict[str, FragmentDefinitionNode], *, introspection: bool) -> None:
        self._fragments = fragments
        self._introspection = introspection
        # Each fragment is measured once, however often it is spread: else a few lines could cost an exponential time.
        self._fragment_sizes: dict[str, Size] = {}

    def of(self, selections: SelectionSetNode | None, inside: frozenset[str]) -> Size:
        """The size of a selection set; `inside`: the fragments that are being spread around it."""
        depth, fields = _NOTHING
        for node in selections.selections if selections is not None else ():
            if isinstance(node, FieldNode):
                below = self._of_field(node, inside)
            elif isinstance(node, InlineFragmentNode):
                below = self.of(node.selection_set, inside)
            else:
                assert isinstance(node, FragmentSpreadNode)
                below = self._of_fragment(node.name.value, inside)
                fields += 1  # a spread costs something by itself
            depth, fields = max(depth, below[0]), fields + below[1]
        return depth, fields

    def _of_field(self, node: FieldNode, inside: frozenset[str]) -> Size:
        if node.name.value in ("__schema", "__type"):
            if not self._introspection:
                raise Problem("introspection_disabled")
            return 1, 1
        depth, fields = self.of(node.selection_set, inside)
        return depth + 1, fields + 1

    def _of_fragment(self, name: str, inside: frozenset[str]) -> Size:
        fragment = self._fragments.get(name)
        if fragment is None or name in inside:
            return _NOTHING  # unknown, or a cycle: validation names it
        size = self._fragment_sizes.get(name)
        if size is None:
            size = self._fragment_sizes[name] = self.of(fragment.selection_set, inside | {name})
        return size
