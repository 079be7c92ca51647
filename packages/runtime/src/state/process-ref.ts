/** A process by pid and start time, which distinguishes it from a later one with the same pid. */
export interface ProcessRef {
  readonly pid: number;
  /** Clock ticks since boot, field 22 of /proc/PID/stat. */
  readonly startTime: number;
}

/** The two processes of a container: its init and its conmon. */
export interface ContainerProcesses {
  readonly init: ProcessRef;
  readonly conmon: ProcessRef;
}
