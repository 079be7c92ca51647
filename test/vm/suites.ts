// Which system tests run in the virtual machine: those whose subject is what differs there, cgroup v2 and
// systemd, and a pass through whole pods. The others run on the machine itself, ten times as fast.

/** With the cgroupfs driver; those that take long come first. */
const onCgroupV2 = [
  'packages/kubelet/src/pods/workers.system.test.ts',
  'packages/runtime/src/stats/*.system.test.ts',
  'packages/runtime/src/sandbox/sandbox.system.test.ts',
  'packages/runtime/src/container/{container,update-resources}.system.test.ts',
  'packages/kubelet/src/{pods/effects/resize-pod,cgroups/pod-cgroups.resources}.system.test.ts',
  // The machine's kernel has a file server, which few hosts' have.
  'packages/kubelet/src/volumes/plugins/nfs.system.test.ts',
  // And an initiator of iSCSI.
  'packages/kubelet/src/volumes/iscsi/iscsi-volumes.system.test.ts',
  'packages/runtime/src/spec/{spec,sandbox-init}.system.test.ts',
  'packages/linux/src/cgroups/*.system.test.ts',
  'packages/linux/src/processes/rlimits.system.test.ts',
  // The machine's processor is of 2008 and has no AVX, which Bun's executable must not need.
  'packages/crictl/src/crictl.launch.system.test.ts',
];

/** With the systemd driver. Checkpoints are here too: criu works with this kernel, and not with every host's. */
const withSystemd = [
  'packages/kubelet/src/pods/workers.system.test.ts',
  // Not beside the other test with an iSCSI target: a machine has one.
  'packages/kubelet/src/volumes/iscsi/iscsi-volumes.kill.system.test.ts',
  'packages/runtime/src/checkpoint/checkpoint*.system.test.ts',
  'packages/kubelet/src/server/routes/checkpoint.system.test.ts',
  'packages/runtime/src/sandbox/sandbox.system.test.ts',
  'packages/runtime/src/container/{container,update-resources}.system.test.ts',
  'packages/runtime/src/cgroups/cgroups.driver.system.test.ts',
  'packages/linux/src/systemd/*.system.test.ts',
];

export const suites = { cgroupfs: onCgroupV2, systemd: withSystemd } as const;
