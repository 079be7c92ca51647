// Circles of a directed graph.

/** For each node the nodes that it leads to. */
export type Graph<Node> = ReadonlyMap<Node, ReadonlySet<Node>>;

/**
 * Pure: the strongly connected components of two nodes and more, by Tarjan's algorithm. In each of them every node
 * leads to every other; a graph without any has no circle.
 */
export function circles<Node>(graph: Graph<Node>): Node[][] {
  const order = new Map<Node, number>();
  const lowest = new Map<Node, number>();
  const path: Node[] = [];
  const onPath = new Set<Node>();
  const found: Node[][] = [];
  const visit = (node: Node): number => {
    const index = order.size;
    order.set(node, index);
    let low = index;
    path.push(node);
    onPath.add(node);
    for (const next of graph.get(node) ?? []) {
      if (!order.has(next)) low = Math.min(low, visit(next));
      else if (onPath.has(next)) low = Math.min(low, lowest.get(next) ?? order.get(next) ?? low);
    }
    lowest.set(node, low);
    if (low === index) {
      const component = path.splice(path.indexOf(node));
      for (const each of component) onPath.delete(each);
      if (component.length > 1) found.push(component);
    }
    return low;
  };
  for (const node of graph.keys()) if (!order.has(node)) visit(node);
  return found;
}
