// Where ours is different from the real one on purpose. `npm run parity` fails for a difference that is not here,
// and for one that is here and no longer there.

export interface Difference {
  /** Area and name of each case that it is about. */
  readonly cases: readonly string[];
  /** One sentence: why ours does something else. */
  readonly reason: string;
}

export const differences: readonly Difference[] = [
  {
    reason:
      "The OCI specification lets a link name a file of a lower layer, or one that comes later; containerd's unpacking fails there.",
    cases: [
      'layers: hard link to a file of a lower layer',
      'layers: hard link to a later file',
      'layers: hard link to itself',
    ],
  },
  {
    reason: 'Paths that leave the layer are refused, as SECURITY.md says; containerd cuts them at the root.',
    cases: ['layers: hard link above the root', 'layers: a name above the root'],
  },
  {
    reason:
      'Containerd sets the times of what the link leads to, on the host, and fails or not by what is there.',
    cases: ['layers: folder with content, then link'],
  },
  {
    reason: 'Containerd makes devices without the bits that its umask takes away.',
    cases: ['layers: devices and pipes'],
  },
  {
    reason:
      "The OCI specification applies whiteouts to lower layers alone, in any order; containerd's overlay cannot make them where the layer has files.",
    cases: [
      'layers: whiteout of a file that the layer has added',
      'layers: whiteout of a folder that the layer makes anew',
      'layers: whiteout of a folder with files below it in the layer',
    ],
  },
  {
    reason: 'Containerd sets the mode after the ACL, whose mask it changes by that.',
    cases: ['layers: attribute an ACL'],
  },
  {
    reason:
      'Containerd takes a global PAX header for an entry and drops what it says; ours reads it as POSIX has it.',
    cases: [
      'layers: archive: global PAX header',
      'layers: archive: global PAX header with a path',
      'layers: archive: global PAX header with an owner',
    ],
  },
  {
    reason: 'Ours reads these types of tar entries, which containerd does not.',
    cases: ['layers: archive: contiguous file', 'layers: archive: GNU sparse'],
  },
  {
    reason:
      'Members that Go reads as one and others as two are refused, since two readers of one document may disagree (SECURITY.md, CVE-2021-41190).',
    cases: [
      'image configs: members of another case',
      'image configs: document: members of another case',
      'image configs: document: a member twice',
      'manifests: a member twice',
    ],
  },
  {
    reason:
      'A document whose media type is another than the one that it came with is refused, since each is read differently (CVE-2021-41190).',
    cases: [
      'manifests: an unknown media type in the body',
      "manifests: an answer with Docker's media type",
      "manifests: a body that says Docker's, an answer that says OCI's",
      "manifests: index of Docker's, said to be OCI's",
    ],
  },
  {
    reason: 'Documents of registries are bounded to 4 MiB, as SECURITY.md says.',
    cases: ['image configs: document: 5 MB'],
  },
  {
    reason:
      "Sizes are compared with the descriptor's before a document is read, which bounds what a registry can send.",
    cases: ['manifests: index whose entry has no size', 'manifests: index whose entry has a wrong size'],
  },
  {
    reason: 'Indexes may be nested twice, so that a registry cannot make a pull walk without end.',
    cases: ['manifests: index in three indexes'],
  },
  {
    reason: 'Refused on both sides, by ours already at the pull.',
    cases: ['manifests: no layers', 'manifests: layers of null'],
  },
  {
    reason:
      'The OCI runtime refuses it for containerd; ours resolves the path from the root, or has no use for the value.',
    cases: [
      'image configs: a variable without a name',
      'image configs: a working directory that is relative',
      'image configs: a working directory of a Windows image',
      'image configs: the root as a volume',
      'image configs: a volume without a name',
      'image configs: labels with odd names',
    ],
  },
  {
    reason:
      'Containerd fails on values that Go cannot parse, although it does not use them; ours does not read them.',
    cases: [
      'image configs: document: history that is no list',
      'image configs: document: a date that is none',
      'image configs: document: a date without a zone',
      'image configs: document: an empty date',
      'manifests: a schema version that is a text',
      'manifests: a layer with a size that has a point',
      'manifests: a layer with a size in exponents',
      'manifests: URLs of a layer',
      'manifests: URLs of a layer that are a text',
      'manifests: data of the config that is no base64',
      'manifests: a platform of the config',
      'registry answers: token: a date that is none',
      'registry answers: token: an empty date',
    ],
  },
  {
    reason: 'Containerd cannot stop such a container at all; ours sends SIGTERM.',
    cases: [
      'image configs: stop signal "0"',
      'image configs: stop signal "-1"',
      'image configs: stop signal "99"',
      'image configs: stop signal "SIGNOSUCH"',
      'image configs: stop signal "15 "',
    ],
  },
  {
    reason:
      "Containerd goes by the answer's media type alone; ours also by what the document says of itself.",
    cases: [
      'manifests: no media type, and an answer without one',
      'manifests: no media type, and an answer of JSON',
      'manifests: an answer of plain text',
      'manifests: an answer of JSON',
      'manifests: an answer in capitals',
      'manifests: index without a media type, said to be JSON',
      'manifests: index whose entry has no media type',
      'registry answers: manifest: no content type',
    ],
  },
  {
    reason:
      'Ours takes an entry of the platform whose variant or version it does not know, where no other entry matches.',
    cases: [
      'manifests: index with an unknown variant',
      'manifests: index with a version of the operating system',
    ],
  },
  {
    reason: 'Containerd stops at an artifact in the index; ours passes over it.',
    cases: ['manifests: index with an artifact without a platform first'],
  },
  {
    reason: 'Containerd takes a failed HEAD for the end; ours asks by GET, as CRI-O does.',
    cases: [
      'registry answers: HEAD of a manifest: 404',
      'registry answers: HEAD of a manifest: 400',
      'registry answers: HEAD of a manifest: 403',
      'registry answers: HEAD of a manifest: 500',
      'registry answers: HEAD of a manifest: 501',
      'registry answers: manifest: a content length of 0 for HEAD',
    ],
  },
  {
    reason: 'Ours tries again more often, so that a registry that restarts fails no pull.',
    cases: ['registry answers: manifest: 503 twice', 'registry answers: blob: 502 twice'],
  },
  {
    reason: 'Ours computes the digest itself and has no use for a header that is none.',
    cases: [
      'registry answers: manifest: a digest header that is none',
      'registry answers: manifest: a digest header in quotes',
    ],
  },
  {
    reason: 'Ours asks for no encoding and takes the bytes as they are, which the digest proves.',
    cases: [
      'registry answers: blob: said to be gzip, and served as it is',
      'registry answers: blob: with an unknown encoding',
    ],
  },
  {
    reason: "Ours reads the challenge as RFC 9110 has it, where containerd's parser fails.",
    cases: [
      'registry answers: token: a realm without quotes',
      'registry answers: token: after a basic challenge in one header',
    ],
  },
  {
    reason:
      'The distribution specification wants both names to hold the same token; ours takes the first, containerd the second.',
    cases: ['registry answers: token: both names'],
  },
  {
    reason: 'Ours takes base64 without padding and an empty password, which containerd takes for none.',
    cases: ['registry answers: login: auth without padding', 'registry answers: login: an empty password'],
  },
  {
    reason: 'JSON with text after it is refused, since two readers of one answer may disagree.',
    cases: ['registry answers: token: a second document after it'],
  },
  {
    reason:
      'Containerd refuses the form; ours takes the user and the group before the second colon, or the trimmed name.',
    cases: ['users: two colons', 'users: a database with blanks'],
  },
  {
    reason:
      'Containerd leaves the user in group 0 when the group is empty; ours takes the group of the database.',
    cases: ['users: a colon at the end'],
  },
  {
    reason: 'A user above 2^32 would wrap around to another one, which may be root.',
    cases: ['users: a database with a number above 2^32'],
  },
  {
    reason: 'Containerd ignores capabilities with their CAP_; ours takes them, as CRI-O does.',
    cases: ['users: a capability with CAP_', 'users: a capability with cap_'],
  },
  {
    reason: 'Containerd has no ambient capabilities; ours gives them, as CRI-O does.',
    cases: ['users: ambient capabilities'],
  },
  {
    reason: 'A device without permissions gets all of them, where runc refuses an empty list.',
    cases: ['mounts: a device without permissions'],
  },
  {
    reason: 'A key of TOML is found whatever its case, and however the table is written.',
    cases: ['hosts.toml: keys in capitals', 'hosts.toml: a dotted key', 'hosts.toml: a table in line'],
  },
  {
    reason: "Containerd's reader fails on a byte order mark; ours passes over it.",
    cases: ['hosts.toml: a byte order mark'],
  },
  {
    reason: "A pair without a key means that the certificate's file has it, as a single file does.",
    cases: ['hosts.toml: a client by a pair without a key'],
  },
  {
    reason: 'Containerd checks which members a version of CDI has; ours takes them in every version.',
    cases: [
      'cdi: an old version with annotations',
      'cdi: an old version with a name that begins with a digit',
      'cdi: more groups',
      'cdi: Intel RDT',
    ],
  },
  {
    reason: 'The type u is another name of c in device numbers, which containerd compares by its letter.',
    cases: ['cdi: a device with a type of u'],
  },
  {
    reason: 'A name of a profile is refused by containerd where the profile is not a file; ours ignores it.',
    cases: ['seccomp: file: the default with a name'],
  },
  {
    reason:
      'Bytes above 2^63 overflow where the real kubelet adds them up, so that some fit; ours caps them, and the node has not as many.',
    cases: [
      'container quantities: memory request "10000000000000000000000"',
      'container quantities: memory request "1e30"',
      'container quantities: memory request "9223372036854775808"',
    ],
  },
  {
    reason: 'Ours refuses at once what its container would wait for without end.',
    cases: ['container environment: a limit of nobody'],
  },
  {
    reason:
      "The real kubelet makes a shared mount of its folder where the machine's are private; ours leaves them as they are, and says which command makes it so.",
    cases: ['manifest volumes: HostToContainer'],
  },
  {
    reason: 'Ours passes over an empty document, which the real kubelet takes for a pod without a kind.',
    cases: ['manifest documents: the first is empty', 'manifest documents: the first is a comment'],
  },
  {
    reason:
      'Ours reads every document of a file and tells of those that are no pods; the real kubelet takes the first one alone.',
    cases: ['manifest documents: the first is a Service', 'manifest documents: two pods'],
  },
  {
    reason: 'YAML 1.2 has readers pass over a directive that they do not know, and ours does.',
    cases: ['manifest documents: %YAML 1.2', 'manifest documents: an unknown directive'],
  },
  {
    reason: 'Ours replaces bytes that are no UTF-8, so that a comment in another encoding stops no pod.',
    cases: ['manifest encodings: Latin-1', 'manifest encodings: Latin-1 in a comment'],
  },
  {
    reason:
      'Ours takes control characters as they are: what is in a text of a program is not for YAML to judge.',
    cases: ['manifest encodings: a bell', 'manifest encodings: DEL'],
  },
  {
    reason: 'YAML 1.2 has NEL be a character, as ours does; to the real kubelet it is a line break.',
    cases: ['manifest encodings: NEL'],
  },
  {
    reason:
      'Ours keeps the pod of the file that comes first and tells of the other; in the real one they replace each other.',
    cases: ['manifest files: two files with one pod'],
  },
  {
    reason:
      'Ours reads what begins with a brace and is no JSON as YAML, so that a comma or a word too many stops no pod.',
    cases: [
      'manifest JSON: words after it',
      'manifest JSON: two in a row',
      'manifest JSON: two documents',
      'manifest JSON: a comma at the end of a list',
      'manifest JSON: a comment after it',
      'manifest JSON: single quotes',
    ],
  },
  {
    reason: 'Ours takes a whole number of JSON by its value, as both do in YAML.',
    cases: ['manifest JSON: 1e1 for a whole number', 'manifest JSON: 10.0 for a whole number'],
  },
  {
    reason: 'YAML allows a question mark within a word of a flow list, which Go takes for a key.',
    cases: ['manifest YAML: colons in flow words'],
  },
  {
    reason:
      'A UID becomes the name of folders and cgroups, so that ours takes letters, digits and dashes alone.',
    cases: ['manifest identity: a UID of odd letters'],
  },
  {
    reason: 'Ours does not look into what only an API server or a scheduler reads.',
    cases: [
      'manifest identity: a bad finalizer',
      'manifest identity: a bad time of creation',
      'manifest identity: a bad status',
      'manifest lifetime: bad topologySpreadConstraints',
    ],
  },
  {
    reason: 'Ours runs a list of pods from a file as well, which the real kubelet does from a URL only.',
    cases: ['manifest files: a PodList', 'manifest files: a List'],
  },
  {
    reason: 'Ours passes over a network configuration that it cannot use and takes the next, as CRI-O does.',
    cases: [
      'cni: configuration: a list without plugins before it',
      'cni: configuration: an empty file before it',
      'cni: configuration: a broken file before it',
    ],
  },
  {
    reason:
      'Ours goes by the first bytes of a layer; containerd decompresses what its media type says, and refuses what comes after an archive.',
    cases: [
      'compression: zstd, said to be tar',
      'compression: gzip, said to be tar',
      'compression: an unknown suffix',
      'compression: a media type in capitals',
      'compression: a media type with a parameter',
      'compression: an eStargz-like suffix',
      'compression: gzip with zeros after it',
      'compression: zstd with garbage after it',
    ],
  },
  {
    reason: 'Ours takes a token whatever its server says of its age.',
    cases: ['registry answers: token: an expiry in text', 'registry answers: token: an expiry with a point'],
  },
  {
    reason: "Ours takes every version of CDI, and its members in any case, as Go's JSON has them elsewhere.",
    cases: ['cdi: the oldest version', 'cdi: names of another case'],
  },
  {
    reason:
      "The conventions of CNI write these members in lower case, and no capability that says nothing; go-cni leaves Go's names, which plugins in Go read alike.",
    cases: [
      'cni: configuration: capabilities that nobody wants',
      'cni: pod: a host port',
      'cni: pod: a port of the container alone',
      'cni: pod: a host port twice',
      'cni: pod: a host port with an address',
      'cni: pod: a host port of SCTP',
      'cni: pod: bandwidth',
      'cni: pod: names of servers',
      'cni: pod: a cgroup parent',
      'cni: pod: annotations',
    ],
  },
  {
    reason: 'A port that the plugin refuses for DEL as well would make a pod that cannot be removed.',
    cases: ['cni: pod: a host port with an address that is none'],
  },
  {
    reason:
      'Addresses of a pod are those within its sandbox in the order of the plugin, or else all, as CRI-O takes them; containerd takes those of eth0, IPv4 first.',
    cases: [
      'cni: result: an address of an interface of the host',
      'cni: result: another interface alone',
      'cni: result: two interfaces',
      'cni: result: IPv6 first',
    ],
  },
  {
    reason:
      'The specification of CNI has a plugin get the previous result in the version of its configuration; libcni leaves it in its own.',
    cases: ['cni: chain: three versions'],
  },
  {
    reason: 'A number with a sign is not one that every tool reads alike (SECURITY.md).',
    cases: ['users: a plus sign'],
  },
  {
    reason: "Ours applies the members of Docker's profiles, as CRI-O does; containerd ignores them.",
    cases: [
      "seccomp: Docker's includes of a capability that is not there",
      "seccomp: Docker's excludes of a capability",
      "seccomp: Docker's name of one call",
    ],
  },
  {
    reason: 'A profile that says nothing would have the container run without one.',
    cases: ['seccomp: an empty object', 'seccomp: null'],
  },
];
