/** A process and the moment it started, which tell it from a later one with the same pid. */
export interface ProcessRef {
  readonly pid: number;
  /** Clock ticks since boot, field 22 of /proc/PID/stat. */
  readonly startTime: number;
}

/** The two processes of a container: its own first process and the conmon that looks after it. */
export interface ContainerProcesses {
  readonly init: ProcessRef;
  readonly conmon: ProcessRef;
}
