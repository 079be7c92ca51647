// Where ours is different from the real one on purpose. `npm run parity` fails for a difference that is not here,
// and for one that is here and no longer there.

export interface Difference {
  /** Area and name of each case that it is about. */
  readonly cases: readonly string[];
  /** One sentence: why ours does something else. */
  readonly reason: string;
}

const laterDocuments =
  'Ours reads every document of a file and tells of those that are no pods; the real kubelet takes the first one alone.';
const emptyDocuments =
  'Ours passes over an empty document, which the real kubelet takes for a pod without a kind.';
const notUtf8 = 'Ours replaces bytes that are no UTF-8, so that a comment in another encoding stops no pod.';
const control =
  'Ours takes control characters as they are: what is in a text of a program is not for YAML to judge.';
const directives = 'YAML 1.2 has readers pass over a directive that they do not know, and ours does.';
const lists = 'Ours runs a list of pods from a file as well, which the real kubelet does from a URL only.';

const looseJson =
  'Ours reads what begins with a brace and is no JSON as YAML, so that a comma or a word too many stops no pod.';
const jsonNumbers = 'Ours takes a whole number of JSON by its value, as both do in YAML.';
const unread = 'Ours does not look into what only an API server or a scheduler reads.';

export const differences: readonly Difference[] = [
  { cases: ['manifest documents: the first is empty'], reason: emptyDocuments },
  { cases: ['manifest documents: the first is a comment'], reason: emptyDocuments },
  { cases: ['manifest documents: the first is a Service'], reason: laterDocuments },
  { cases: ['manifest documents: two pods'], reason: laterDocuments },
  { cases: ['manifest documents: %YAML 1.2'], reason: directives },
  { cases: ['manifest documents: an unknown directive'], reason: directives },
  { cases: ['manifest encodings: Latin-1'], reason: notUtf8 },
  { cases: ['manifest encodings: Latin-1 in a comment'], reason: notUtf8 },
  { cases: ['manifest encodings: a bell'], reason: control },
  { cases: ['manifest encodings: DEL'], reason: control },
  {
    cases: ['manifest encodings: NEL'],
    reason: 'YAML 1.2 has NEL be a character, as ours does; to the real kubelet it is a line break.',
  },
  {
    cases: ['manifest files: two files with one pod'],
    reason:
      'Ours keeps the pod of the file that comes first and tells of the other; in the real one they replace each other.',
  },
  { cases: ['manifest JSON: words after it'], reason: looseJson },
  { cases: ['manifest JSON: two in a row'], reason: looseJson },
  { cases: ['manifest JSON: two documents'], reason: looseJson },
  { cases: ['manifest JSON: a comma at the end of a list'], reason: looseJson },
  { cases: ['manifest JSON: a comment after it'], reason: looseJson },
  { cases: ['manifest JSON: single quotes'], reason: looseJson },
  { cases: ['manifest JSON: 1e1 for a whole number'], reason: jsonNumbers },
  { cases: ['manifest JSON: 10.0 for a whole number'], reason: jsonNumbers },
  {
    cases: ['manifest YAML: colons in flow words'],
    reason: 'YAML allows a question mark within a word of a flow list, which Go takes for a key.',
  },
  {
    cases: ['manifest identity: a UID of odd letters'],
    reason:
      'A UID becomes the name of folders and cgroups, so that ours takes letters, digits and dashes alone.',
  },
  { cases: ['manifest identity: a bad finalizer'], reason: unread },
  { cases: ['manifest identity: a bad time of creation'], reason: unread },
  { cases: ['manifest identity: a bad status'], reason: unread },
  { cases: ['manifest lifetime: bad topologySpreadConstraints'], reason: unread },
  { cases: ['manifest lifetime: os empty'], reason: unread },
  { cases: ['manifest files: a PodList'], reason: lists },
  { cases: ['manifest files: a List'], reason: lists },
];
