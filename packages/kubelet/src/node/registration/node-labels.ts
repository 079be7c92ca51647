// --node-labels: which labels a kubelet may give its node, and what is wrong with others, in the real kubelet's words.
import { labelValue, qualifiedName } from '../../api/names.ts';

const allowedLabels: readonly string[] = [
  'beta.kubernetes.io/arch',
  'beta.kubernetes.io/instance-type',
  'beta.kubernetes.io/os',
  'failure-domain.beta.kubernetes.io/region',
  'failure-domain.beta.kubernetes.io/zone',
  'kubernetes.io/arch',
  'kubernetes.io/hostname',
  'kubernetes.io/os',
  'node.kubernetes.io/instance-type',
  'topology.kubernetes.io/region',
  'topology.kubernetes.io/zone',
];
const allowedNamespaces: readonly string[] = ['kubelet.kubernetes.io', 'node.kubernetes.io'];

/** What is wrong with the labels; undefined: nothing. */
export function nodeLabelsProblem(labels: Readonly<Record<string, string>>): string | undefined {
  const unknown = Object.keys(labels).filter((key) => isKubernetesLabel(key) && !isAllowed(key));
  if (unknown.length > 0) {
    return `unknown 'kubernetes.io' or 'k8s.io' labels specified with --node-labels: [${unknown.toSorted().join(' ')}]\n--node-labels in the 'kubernetes.io' namespace must begin with an allowed prefix (${allowedNamespaces.join(', ')}) or be in the specifically allowed set (${allowedLabels.join(', ')})`;
  }
  const problems = Object.entries(labels).flatMap(([key, value]) => [
    ...prefixed(key, qualifiedName(key)),
    ...prefixed(value, labelValue(value)),
  ]);
  return problems.length > 0 ? `invalid node labels: ${problems.join('; ')}` : undefined;
}

function prefixed(text: string, problem: string | undefined): string[] {
  return problem === undefined ? [] : [`'${text}' - ${problem}`];
}

function namespaceOf(key: string): string {
  return key.includes('/') ? key.slice(0, key.indexOf('/')) : '';
}

function isOneOf(namespaces: readonly string[], namespace: string): boolean {
  return namespaces.some((each) => namespace === each || namespace.endsWith(`.${each}`));
}

function isKubernetesLabel(key: string): boolean {
  return isOneOf(['kubernetes.io', 'k8s.io'], namespaceOf(key));
}

function isAllowed(key: string): boolean {
  return allowedLabels.includes(key) || isOneOf(allowedNamespaces, namespaceOf(key));
}
