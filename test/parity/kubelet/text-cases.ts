// Manifests whose text is the question: YAML as Go's parser reads it, JSON, encodings, documents.
import { type Entry, image, inArea, type ManifestCase, text, yamlPod } from './manifest-case.ts';

const json = (name: string) =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: { restartPolicy: 'Never', containers: [{ name: 'main', image, command: ['/bin/echo', 'ran'] }] },
  });

const container = (name: string, lines: string, more: Parameters<typeof yamlPod>[1] = {}) =>
  text(name, (pod) => yamlPod(pod, { container: lines, ...more }));

/** The container prints the variable V, which is the scalar. */
const value = (scalar: string) =>
  container(
    `text ${scalar === '' ? 'left out' : scalar}`,
    `command: [/bin/sh, -c, 'echo "[$V]"']\nenv:\n- name: V\n  value: ${scalar}`,
  );

const grace = (scalar: string) =>
  text(`64 bits ${scalar}`, (pod) => yamlPod(pod, { spec: `terminationGracePeriodSeconds: ${scalar}` }));

const user = (scalar: string) =>
  container(`number ${scalar}`, `command: [/bin/id, -u]\nsecurityContext: {runAsUser: ${scalar}}`);

const flag = (scalar: string) => container(`truth ${scalar}`, `stdin: ${scalar}`);

const label = (entry: string) =>
  text(`label ${entry}`, (pod) => yamlPod(pod, { metadata: `labels:\n  ${entry}` }));

function utf16(content: string, order: 'le' | 'be'): Uint8Array {
  const bytes = Buffer.from(content, 'utf16le');
  return order === 'le' ? bytes : bytes.swap16();
}

const service = 'apiVersion: v1\nkind: Service\nmetadata: {name: s}\n';

const documents: Entry[] = [
  text('plain', (pod) => yamlPod(pod)),
  text('begin and end are marked', (pod) => `---\n${yamlPod(pod)}...\n`),
  text('comments before the mark', (pod) => `# a comment\n---\n# another\n${yamlPod(pod)}`),
  text('the first is empty', (pod) => `---\n---\n${yamlPod(pod)}`),
  text('the first is a comment', (pod) => `---\n# nothing\n---\n${yamlPod(pod)}`),
  text('the second is no YAML', (pod) => `${yamlPod(pod)}---\n{ [: not yaml\n`),
  text(
    'the second is a bad pod',
    (pod) => `${yamlPod(pod)}---\napiVersion: v1\nkind: Pod\nmetadata: {name: X_}\n`,
  ),
  text('the second is a Service', (pod) => `${yamlPod(pod)}---\n${service}`),
  text('the second is words', (pod) => `${yamlPod(pod)}---\njust words\n`),
  text('the second is empty', (pod) => `${yamlPod(pod)}---\n`),
  text('the first is a Service', (pod) => `${service}---\n${yamlPod(pod)}`),
  text('two pods', (pod) => `${yamlPod(pod)}---\n${yamlPod(`${pod}-2`)}`),
  text('words after the end', (pod) => `${yamlPod(pod)}...\nand more\n`),
  text('none', () => ''),
  text('only comments', () => '# nothing\n# at all\n'),
  text('only a mark', () => '---\n'),
  text('only words', () => 'just words\n'),
  text('a list', () => '- a\n- b\n'),
  text('%YAML 1.1', (pod) => `%YAML 1.1\n---\n${yamlPod(pod)}`),
  text('%YAML 1.2', (pod) => `%YAML 1.2\n---\n${yamlPod(pod)}`),
  text('%TAG', (pod) => `%TAG !e! tag:example.com,2000:\n---\n${yamlPod(pod)}`),
  text('an unknown directive', (pod) => `%FOO bar\n---\n${yamlPod(pod)}`),
];

const encodings: Entry[] = [
  text('UTF-8 with a mark', (pod) => `\ufeff${yamlPod(pod)}`),
  text('JSON with a mark', (pod) => `\ufeff${json(pod)}`),
  text('UTF-16, little end first', (pod) => utf16(`\ufeff${yamlPod(pod)}`, 'le')),
  text('UTF-16, big end first', (pod) => utf16(`\ufeff${yamlPod(pod)}`, 'be')),
  text('UTF-16 JSON', (pod) => utf16(`\ufeff${json(pod)}`, 'le')),
  text('UTF-16 without a mark', (pod) => utf16(yamlPod(pod), 'le')),
  text('UTF-16 with surrogates', (pod) =>
    utf16(`\ufeff${yamlPod(pod, { container: 'command: [/bin/echo, "\u{1f680} é"]' })}`, 'le'),
  ),
  text('Latin-1', (pod) => Buffer.from(yamlPod(pod, { container: 'command: [/bin/echo, "é"]' }), 'latin1')),
  text('Latin-1 in a comment', (pod) => Buffer.from(`# é\n${yamlPod(pod)}`, 'latin1')),
  text('CRLF', (pod) => yamlPod(pod).replaceAll('\n', '\r\n')),
  text('CR', (pod) => yamlPod(pod).replaceAll('\n', '\r')),
  text('a NUL at the end', (pod) => `${yamlPod(pod)}\0`),
  container('a bell', 'command: [/bin/echo, "a\u0007b"]'),
  container('DEL', 'command: [/bin/echo, "a\u007fb"]'),
  container('NEL', 'command: [/bin/echo, "a\u0085b"]'),
  container('a line separator', 'command: [/bin/echo, "a\u2028b"]'),
  container('a mark within', 'command: [/bin/echo, "a\ufeffb"]'),
  text('indented by a tab', (pod) => yamlPod(pod).replace('  name:', '\tname:')),
  text('a tab after a colon', (pod) => yamlPod(pod).replace('kind: Pod', 'kind:\tPod\t')),
  text('spaces at the ends', (pod) => yamlPod(pod).replaceAll('\n', '  \n')),
  text('no newline at the end', (pod) => yamlPod(pod).trimEnd()),
];

const jsons: Entry[] = [
  text('plain', json, (pod) => `${pod}.json`),
  text('words after it', (pod) => `${json(pod)} and more`),
  text('two in a row', (pod) => `${json(pod)}\n${json(`${pod}-2`)}`),
  text('two documents', (pod) => `${json(pod)}\n---\n${json(`${pod}-2`)}`),
  text('a comma at the end of a list', (pod) => json(pod).replace('"ran"]', '"ran",]')),
  text('a comment after it', (pod) => `${json(pod)}\n# so\n`),
  text('# comments', (pod) => `# why\n${json(pod)} # so\n`),
  text('// comments', (pod) => `// why\n${json(pod)}`),
  text('tabs', (pod) => JSON.stringify(JSON.parse(json(pod)), undefined, '\t')),
  text('a key twice', (pod) => json(pod).replace('"ran"]', '"ran"],"command":["/bin/echo","again"]')),
  text('single quotes', (pod) => json(pod).replaceAll('"', "'")),
  text('escapes', (pod) => json(pod).replace('ran', '\\u00e9\\/\\ud83d\\ude80')),
  text('half a surrogate pair', (pod) => json(pod).replace('ran', '\\ud83d')),
  text('1e1 for a whole number', (pod) =>
    json(pod).replace('"Never"', '"Never","terminationGracePeriodSeconds":1e1'),
  ),
  text('10.0 for a whole number', (pod) =>
    json(pod).replace('"Never"', '"Never","terminationGracePeriodSeconds":10.0'),
  ),
  text('10.5 for a whole number', (pod) =>
    json(pod).replace('"Never"', '"Never","terminationGracePeriodSeconds":10.5'),
  ),
  text('a fraction beyond 2^53', (pod) =>
    json(pod).replace('"Never"', '"Never","terminationGracePeriodSeconds":9007199254740993'),
  ),
];

const limits = 'x-common: &limits\n  limits: {memory: 64Mi}';
const users = 'x-a: &a {runAsUser: 1, runAsGroup: 1}\nx-b: &b {runAsGroup: 2, readOnlyRootFilesystem: true}';

function laughs(): string {
  const lines = ['x-0: &x0 [a, a, a, a, a, a, a, a, a]'];
  for (let n = 1; n < 9; n += 1) {
    lines.push(`x-${n}: &x${n} [${Array.from({ length: 9 }, () => `*x${n - 1}`).join(', ')}]`);
  }
  return lines.join('\n');
}

const structures: Entry[] = [
  container(
    '150 uses of an anchor',
    `args: [&w word, ${Array.from({ length: 150 }, () => '*w').join(', ')}]`,
  ),
  container(
    '120 uses of an anchored mapping',
    `env:\n- &e {name: A, value: b}\n${Array.from({ length: 120 }, () => '- *e').join('\n')}`,
  ),
  container('merge', 'resources: {<<: *limits}', { top: limits }),
  container('merge of a list', 'securityContext:\n  <<: [*a, *b]\n  runAsUser: 3', { top: users }),
  container('merge after a key', 'securityContext:\n  runAsUser: 3\n  <<: *a', { top: users }),
  container('merge twice', 'securityContext:\n  <<: *a\n  <<: *b', { top: users }),
  container('merge of a mapping in place', 'securityContext:\n  <<: {runAsUser: 4}'),
  container('merge of a scalar', 'securityContext:\n  <<: word'),
  container('merge of null', 'securityContext:\n  <<: ~'),
  container('a quoted merge key', 'securityContext:\n  "<<": {runAsUser: 1}'),
  container('an anchor set anew', 'args: [&a one, *a, &a two, *a]'),
  container('an unknown anchor', 'args: [*nobody]'),
  container('an anchor within itself', '', { top: 'x: &x {y: *x}' }),
  container('a billion laughs', '', { top: laughs() }),
  container('kind twice', '', { top: 'kind: Pod' }),
  text('image twice', (pod) => yamlPod(pod).replace('    image:', '    image: first:1\n    image:')),
  text('spec twice', (pod) => `${yamlPod(pod)}spec:\n  containers: []\n`),
  container('an unknown field of the pod', '', { top: 'unknown: {a: [1, 2]}' }),
  container('an unknown field of the spec', '', { spec: 'hostNetwrk: true' }),
  container('an unknown field of the container', 'imagePullPolcy: Never'),
  container('an unknown field below', 'securityContext: {capabilities: {adds: [ALL]}}'),
  container('x- keys', 'x-note: here', { top: 'x-a: &a 1', metadata: 'x-b: *a' }),
  container('fields in another case', '', { spec: 'hostnetwork: true\nHostPID: true' }),
  text('Image for image', (pod) => yamlPod(pod).replace('    image:', '    Image:')),
  text('Spec for spec', (pod) => yamlPod(pod).replace('spec:', 'Spec:')),
  container('keys with question marks', '? stdin\n: true\n? tty\n: false'),
  container('a mapping as a key', '? {a: b}\n: c'),
  container('quoted keys', '"stdin": true\n\'stdinOnce\': true'),
  container('no space after quoted keys', 'securityContext: {"runAsUser":7,"runAsGroup":8}'),
  container('colons in flow words', 'args: [http://a:80/b?c, a:b]'),
  container('a pair in a list', 'args: [a: b]'),
  container('a comma at the end of a list', 'args: [a, b, ]'),
  container('a flow list in lines', 'args: [\n  a,\n  # a comment\n  b\n]'),
  container('a literal block', 'command:\n- /bin/sh\n- -c\n- |\n  echo one\n  echo two\n'),
  container('blocks with indicators', 'args:\n- |+\n  one\n\n- >-\n  two\n  lines\n- |2\n    deep\n'),
  container('words over lines', "args:\n- one\n  two\n- \"three\n  four\\\n  five\"\n- 'it''s'"),
  container('escapes', 'args: ["\\x41\\u00e9\\U0001F680\\t\\_\\N.\\e[0m"]'),
  container('a bad escape', 'args: ["\\q"]'),
  container('a colon in a word', 'workingDir: /a: b'),
  container('a word that begins with @', 'args: [@at]'),
  container('a word that begins with %', 'args: [%p]'),
  container('a word that begins with a backtick', 'args: [`p]'),
  container('# in words', 'args: [a#b, "c #d"] # e'),
  container('lists at odd indents', 'args:\n- a\n-   b\n-\n  c'),
  container('an odd indent', ' stdin: true'),
  container('nulls', 'args: null\nports: ~\nenv:\nresources: null', {
    spec: 'volumes: null\nsecurityContext:',
  }),
  container('null in a list of words', 'args: [a, null, b]'),
  container('null in a list of variables', 'env: [null]'),
  text('null in the list of containers', (pod) => `${yamlPod(pod)}  - null\n`),
  text('spec is null', (pod) => `apiVersion: v1\nkind: Pod\nmetadata: {name: ${pod}}\nspec: null\n`),
  container('as kubectl prints it', 'resources: {}', {
    metadata: 'creationTimestamp: null',
    top: 'status: {}',
  }),
];

const words =
  'yes true 1 1.0 ~ null "null" "" 0x10 1e3 1:30 12:30:45 2026-01-02 2026-01-02T03:04:05Z n off .inf 1_000 0o17 089 - = << 1.2.3 + _1 0x 1e .5 5. -.5 0b2 1__0 [a]'.split(
    ' ',
  );
const truths = 'yes Yes YES no on Off y n Y True TRUE tRUE FALSE "true" 1'.split(' ');
const numbers =
  '10 0o10 0640 0899 0x1F 0b11 1_000 1:30 +12 1e3 10.0 10.5 .inf .NaN "10" true "" 2147483648'.split(' ');
const integers64 =
  '9007199254740993 9223372036854775807 9223372036854775808 0x7fffffffffffffff -9007199254740993 9007199254740993.0 1e18'.split(
    ' ',
  );

const scalars: Entry[] = [
  ...numbers.map(user),
  user('!!int "10"'),
  user('!!float 10'),
  ...integers64.map(grace),
  ...truths.map(flag),
  flag('!!bool yes'),
  flag('!!bool "true"'),
  ...words.map(value),
  ...[
    '',
    '!!str 12',
    '!!str',
    '!custom word',
    '!!binary aGVsbG8=',
    '!!binary "???"',
    '!!null ""',
    '{a: b}',
  ].map(value),
  ...[
    '1: a',
    'true: a',
    'yes: a',
    'null: a',
    '1.5: a',
    '010: a',
    '2026-01-02: a',
    'a: 1',
    'a: true',
    'a: null',
  ].map(label),
];

export const textCases: readonly ManifestCase[] = [
  ...inArea('manifest documents', documents),
  ...inArea('manifest encodings', encodings),
  ...inArea('manifest JSON', jsons),
  ...inArea('manifest YAML', structures),
  ...inArea('manifest scalars', scalars),
];
