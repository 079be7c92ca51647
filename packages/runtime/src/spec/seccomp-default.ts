import type { LinuxSeccomp, LinuxSyscall } from '@berth/oci/runtime-spec/config.ts';
import { allowedOnArch, allowedWithCapability, alwaysAllowed } from './seccomp-syscalls.ts';

const ENOSYS = 38;
const AF_ALG = 38;
const AF_VSOCK = 40;
/** CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET. */
const newNamespaces = 0x7e020000;
/** Execution domains without security effects: Linux, 32-bit, without address randomisation, query. */
const personalities = [0x0, 0x0008, 0x20000, 0x20008, 0xffffffff];

/**
 * libseccomp's names of an architecture and its compatible ones, by Node's process.arch; system calls of any other
 * kill the thread. Other runtimes list x32 too, which distributions' kernels do not support; without it crun
 * compiles the filter 6 ms faster, for every container.
 */
const seccompArchitectures: Readonly<Record<string, string[]>> = {
  x64: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86'],
  ia32: ['SCMP_ARCH_X86'],
  arm64: ['SCMP_ARCH_AARCH64', 'SCMP_ARCH_ARM'],
  arm: ['SCMP_ARCH_ARM'],
  ppc64: ['SCMP_ARCH_PPC64LE'],
  s390x: ['SCMP_ARCH_S390X', 'SCMP_ARCH_S390'],
  riscv64: ['SCMP_ARCH_RISCV64'],
  loong64: ['SCMP_ARCH_LOONGARCH64'],
};

/** The default profile for a container with these capabilities: everything unlisted fails with EPERM. */
export function defaultSeccompProfile(arch: string, capabilities: readonly string[]): LinuxSeccomp {
  const names = [
    ...alwaysAllowed,
    // Safe since Linux 4.8: since then a tracer cannot bypass a filter.
    'process_vm_readv',
    'process_vm_writev',
    'ptrace',
    ...(allowedOnArch[arch] ?? []),
    ...capabilities.flatMap((name) => allowedWithCapability[name] ?? []),
  ];
  const isAdmin = capabilities.includes('CAP_SYS_ADMIN');
  return {
    defaultAction: 'SCMP_ACT_ERRNO',
    architectures: seccompArchitectures[arch] ?? [],
    syscalls: [
      { names: [...new Set(names)], action: 'SCMP_ACT_ALLOW' },
      ...sockets,
      ...personalities.map((value) => allowIf('personality', value, 'SCMP_CMP_EQ')),
      ...(isAdmin ? [] : cloneRules(arch)),
    ],
  };
}

type Comparison = 'SCMP_CMP_EQ' | 'SCMP_CMP_LT' | 'SCMP_CMP_GT';

function allowIf(name: string, value: number, op: Comparison): LinuxSyscall {
  return { names: [name], action: 'SCMP_ACT_ALLOW', args: [{ index: 0, value, op }] };
}

// Every address family except AF_ALG and AF_VSOCK. Ranges, because runc turns two "not equal" conditions on one
// argument into alternatives, one of which always holds.
const sockets: LinuxSyscall[] = [
  allowIf('socket', AF_ALG, 'SCMP_CMP_LT'),
  allowIf('socket', AF_ALG + 1, 'SCMP_CMP_EQ'),
  allowIf('socket', AF_VSOCK, 'SCMP_CMP_GT'),
];

// New namespaces need CAP_SYS_ADMIN. clone3 has its flags in memory, which a filter cannot read; ENOSYS makes C
// libraries fall back to clone.
function cloneRules(arch: string): LinuxSyscall[] {
  const index = arch === 's390x' ? 1 : 0;
  const noNamespace = { index, value: newNamespaces, valueTwo: 0, op: 'SCMP_CMP_MASKED_EQ' as const };
  return [
    { names: ['clone'], action: 'SCMP_ACT_ALLOW', args: [noNamespace] },
    { names: ['clone3'], action: 'SCMP_ACT_ERRNO', errnoRet: ENOSYS },
  ];
}
