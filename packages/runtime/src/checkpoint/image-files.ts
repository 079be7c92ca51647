/**
 * criu's files that a restore takes: memory, open files, the process tree, namespaces that a container has, and
 * what is checked against the request. The others would set up what a pod cannot ask for (network devices and
 * firewall rules, AppArmor policies, BPF maps, binfmt_misc), or are of criu before 2016.
 */
const wanted = [
  /^inventory\.img$/,
  /^pstree\.img$/,
  /^seccomp\.img$/,
  /^files\.img$/,
  /^cgroup\.img$/,
  /^filelocks\.img$/,
  /^remap-fpath\.img$/,
  /^(tty-info|tty-data|pipes-data|fifo-data|sk-queues|eventpoll-tfd|inotify-wd|memfd)\.img$/,
  /^(core|ids|mm|fs|fdinfo|pagemap|pagemap-shmem|pages|mountpoints)-\d{1,20}\.img$/,
  /^(utsns|timens|ipcns-var|ipcns-shm|ipcns-msg|ipcns-sem|netns|userns|pidns)-\d{1,20}\.img$/,
  /^tmpfs-(dev-)?\d{1,20}\.tar\.gz\.img$/,
  /^(ghost-file|tcp-stream)-[0-9a-f]{1,16}\.img$/,
];

/** Files beside criu's: the OCI runtime's own notes, and statistics. */
const ignored = /^(descriptors\.json|stats-(dump|restore)|dump\.log|restore\.log)$/;

/** Whether a restore takes this file of a checkpoint's directory. */
export function isImageFile(name: string): boolean {
  return name === 'descriptors.json' || wanted.some((pattern) => pattern.test(name));
}

/** Whether it is one that must not be there. */
export function isRefusedFile(name: string): boolean {
  return !isImageFile(name) && !ignored.test(name);
}
